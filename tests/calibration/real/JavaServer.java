import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executors;

/** A server on the JDK's own HTTP server with healthy and leaking views; `java JavaServer PORT`. */
public final class JavaServer {
  private static final int KEPT_BYTES = 16 * 1024;
  private static final int PIECES = 8;
  private static final int LARGEST_PIECE = 32 * 1024;

  private static final List<byte[]> kept = new ArrayList<>();
  private static final Random random = new Random(1); // each run allocates the same sizes
  private static volatile long sink; // so that no allocation is optimised away

  private static final Map<String, Runnable> VIEWS =
      Map.of(
          "/", () -> {},
          "/plain", () -> {},
          "/random-sizes", JavaServer::churn,
          "/keep", JavaServer::keep,
          "/keep-random-sizes",
              () -> {
                churn();
                keep();
              });

  private JavaServer() {}

  /** Arrays of many sizes, all dropped: what a busy heap looks like from outside. */
  private static void churn() {
    long total = 0;
    for (int i = 0; i < PIECES; ++i) {
      byte[] piece = new byte[random.nextInt(LARGEST_PIECE)];
      for (int at = 0; at < piece.length; at += 4096) piece[at] = 1;
      total += piece.length;
    }
    sink = total;
  }

  private static void keep() {
    byte[] bytes = new byte[KEPT_BYTES];
    for (int at = 0; at < bytes.length; ++at) bytes[at] = 1;
    kept.add(bytes);
  }

  private static void answer(HttpExchange exchange) throws IOException {
    Runnable view = VIEWS.get(exchange.getRequestURI().getPath());
    if (view != null) view.run();
    byte[] body = "ok\n".getBytes();
    exchange.getResponseHeaders().set("Content-Type", "text/plain");
    exchange.sendResponseHeaders(view == null ? 404 : 200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  public static void main(String[] arguments) throws IOException {
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0]));
    HttpServer server = HttpServer.create(address, 0);
    server.createContext("/", JavaServer::answer);
    server.setExecutor(Executors.newSingleThreadExecutor()); // the views are not made for more
    server.start();
  }
}
