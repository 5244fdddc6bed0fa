#include "reporters/html/policy.h"

#include <charconv>

#include "harness/extract/sha256.h"

namespace tidemark::reporters {
namespace {

std::string sha256(std::string_view text) {
  extract::Sha256 hash;
  hash.receive(text);
  return hash.finish();
}

// RFC 4648, section 4, of bytes in hexadecimal.
std::string base64(std::string_view hexadecimal) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < hexadecimal.size(); at += 3) {
    // Three digits are twelve bits: two characters.
    const std::string_view piece = hexadecimal.substr(at, 3);
    unsigned bits = 0;
    std::from_chars(piece.data(), piece.data() + piece.size(), bits, 16);
    bits <<= 4 * (3 - piece.size());
    text += kDigits[bits >> 6];
    if (piece.size() > 1) text += kDigits[bits & 63];
  }
  while (text.size() % 4 != 0) text += '=';
  return text;
}

}  // namespace

std::string content_security_policy(std::initializer_list<std::string_view> scripts) {
  std::string policy = "default-src 'none'; style-src 'unsafe-inline'; script-src";
  for (const std::string_view script : scripts)
    policy += " 'sha256-" + base64(sha256(script)) + "'";
  return policy;
}

}  // namespace tidemark::reporters
