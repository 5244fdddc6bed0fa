/* The smallest HTTP server that keeps connections alive: server PORT BYTES keeps so many bytes of each request. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char kAnswer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nrow\n";

static void serve(int connection, size_t bytes) {
  char request[8192];
  size_t length = 0;
  for (ssize_t got; (got = read(connection, request + length, sizeof request - 1 - length)) > 0;) {
    length += (size_t)got;
    request[length] = '\0';
    if (!strstr(request, "\r\n\r\n")) continue;
    length = 0;
    if (bytes) memset(malloc(bytes), 1, bytes);
    if (write(connection, kAnswer, sizeof kAnswer - 1) < 0) return;
  }
}

int main(int argc, char** argv) {
  const int yes = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(listener, (struct sockaddr*)&address, sizeof address) || listen(listener, 16)) return 1;
  for (int connection; (connection = accept(listener, NULL, NULL)) >= 0; close(connection))
    serve(connection, argc > 2 ? (size_t)atol(argv[2]) : 0);
  return 0;
}
