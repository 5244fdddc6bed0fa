#include "harness/load/failure_name.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tidemark::load {
namespace {

std::string name(CURLcode code, std::string_view details = {}, long os_error = 0) {
  return failure_name({code, os_error, details, true, false});
}

// What the tests of misbehaving servers cannot provoke.
TEST(FailureName, SaysWhyNoConnectionWasMade) {
  EXPECT_EQ(name(CURLE_COULDNT_CONNECT, {}, ECONNREFUSED), "connection refused");
  EXPECT_EQ(name(CURLE_COULDNT_CONNECT, {}, EADDRNOTAVAIL), "no free local port");
  EXPECT_EQ(name(CURLE_COULDNT_CONNECT, {}, EMFILE), "out of file descriptors");
  EXPECT_EQ(name(CURLE_COULDNT_CONNECT, {}, 0), "connection failed");
  EXPECT_EQ(name(CURLE_COULDNT_RESOLVE_HOST), "name not found");
}

TEST(FailureName, TellsBrokenFramingFromABrokenConnection) {
  EXPECT_EQ(name(CURLE_RECV_ERROR, "Problem (2) in the Chunked-Encoded data"), "chunk error");
  EXPECT_EQ(name(CURLE_RECV_ERROR, "Recv failure: Connection reset by peer"), "connection reset");
  EXPECT_EQ(name(CURLE_SEND_ERROR, "Send failure: Broken pipe"), "connection reset");
}

TEST(FailureName, TellsRefusedRedirectsFromBrokenAnswers) {
  EXPECT_EQ(name(CURLE_UNSUPPORTED_PROTOCOL, "Protocol \"file\" not supported or disabled"),
            "redirect not followed");
  EXPECT_EQ(name(CURLE_UNSUPPORTED_PROTOCOL, "Received HTTP/0.9 when not allowed"),
            "malformed response");
}

TEST(FailureName, OfAnythingElseIsLibcurlsOwn) {
  EXPECT_EQ(name(CURLE_INTERFACE_FAILED), curl_easy_strerror(CURLE_INTERFACE_FAILED));
}

}  // namespace
}  // namespace tidemark::load
