#pragma once

// The SHA-256 of bytes that arrive in pieces. One object a thread.

#include <memory>
#include <string>
#include <string_view>

namespace tidemark::extract {

class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void reset();
  void receive(std::string_view piece);
  // Of everything since the last reset, in lower-case hexadecimal. Then only reset may follow.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// HMAC-SHA-256 (RFC 2104) of a text, in lower-case hexadecimal.
std::string hmac_sha256(std::string_view key, std::string_view text);

}  // namespace tidemark::extract
