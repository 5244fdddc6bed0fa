#pragma once

// TCP ports of this machine's loopback. Stateless; any thread.

#include <cstddef>
#include <string>
#include <vector>

#include "harness/base/error.h"

namespace tidemark::target {

// So many different ports that nobody listens on at this moment.
Result<std::vector<int>> free_ports(std::size_t count);

// An Error when somebody listens on the port already: his answers would be taken for the target's.
Result<void> require_free(int port);

// True when a connection to the port, or to a Unix socket, is accepted.
bool accepts_connections(int port);
bool accepts_connections(const std::string& unix_socket);

}  // namespace tidemark::target
