#include "harness/load/outgoing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/base/text.h"

#include <map>

#include "harness/base/json.h"

namespace tidemark::load {
namespace {

using testing::ElementsAre;

plan::Template text(std::string_view written) {
  return *plan::parse_template(written);
}

plan::Request request(const std::string& path) {
  plan::Request request;
  request.name = "GET " + path;
  request.method = "GET";
  request.path = text(path);
  return request;
}

using Values = std::map<std::string, std::string, std::less<>>;

Result<Outgoing> filled(const plan::Request& request, const Values& values = {}) {
  return fill_request(request, "http://127.0.0.1:8000",
                      [&](std::string_view name) -> Result<std::string> {
                        const auto found = values.find(name);
                        if (found != values.end()) return found->second;
                        return failure(fmt::format("no {}", name));
                      });
}

std::string target(const std::string& path, const Values& values = {}) {
  const auto outgoing = filled(request(path), values);
  return outgoing ? outgoing->target : outgoing.error().message;
}

TEST(PercentEncoded, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(percent_encoded("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(percent_encoded(std::string_view(" /?&=+%\0\xFF", 9)), "%20%2F%3F%26%3D%2B%25%00%FF");
}

TEST(FillRequest, TakesItsOwnAddressOffAPath) {
  EXPECT_EQ(target("{{at}}", {{"at", "http://127.0.0.1:8000/x?y#z"}}), "/x?y%23z");
  EXPECT_EQ(target("{{at}}", {{"at", "/x"}}), "/x");
  EXPECT_EQ(target("{{at}}", {{"at", "http://127.0.0.1:80001/x"}}),
            "its path is 'http://127.0.0.1:80001/x', which does not start with '/'");
  EXPECT_EQ(target("{{at}}", {{"at", "x"}}), "its path is 'x', which does not start with '/'");
  EXPECT_EQ(target("{{at}}", {{"at", ""}}), "its path is '', which does not start with '/'");
  EXPECT_EQ(target("{{at}}"), "no at");
}

TEST(FillRequest, APathHoldsNoControlCharacterOrSpaceWhateverIsFilledIn) {
  for (int c = 0; c < 256; ++c) {
    const std::string path = target("/{{v}}", {{"v", std::string(1, static_cast<char>(c))}});
    EXPECT_EQ(path.find_first_of(std::string("\0\t\r\n #", 6)), std::string::npos) << c;
    for (const char each : path) EXPECT_LT(static_cast<unsigned char>(each), 0x7F) << c;
  }
}

TEST(FillRequest, AnyValueComesBackOutOfJson) {
  plan::Request posting = request("/");
  posting.body = plan::JsonBody{text(R"({"v": "{{v}}", "w": 1})")};
  for (int c = 0; c < 0x80; ++c) {
    const std::string value = fmt::format("<{}>", static_cast<char>(c));
    const auto outgoing = filled(posting, {{"v", value}});
    ASSERT_TRUE(outgoing && outgoing->body);
    EXPECT_EQ(parse_json(*outgoing->body), (Json{{"v", value}, {"w", 1}})) << c;
  }
}

TEST(FillRequest, HeadersSayWhatTheBodyIsUnlessTheAuthorDoes) {
  plan::Request posting = request("/");
  posting.body = plan::JsonBody{text("{}")};
  EXPECT_THAT(filled(posting)->headers, ElementsAre("Content-Type: application/json"));
  posting.headers = {{"content-TYPE", text("application/vnd.x+json")}, {"X-Empty", text("")}};
  EXPECT_THAT(filled(posting)->headers,
              ElementsAre("content-TYPE: application/vnd.x+json", "X-Empty;"));
}

TEST(FillRequest, ALineBreakIsNoPartOfAHeader) {
  plan::Request asking = request("/");
  asking.headers = {{"X-Token", text("{{t}}")}};
  EXPECT_EQ(filled(asking, {{"t", "a\r\nEvil: 1"}}).error().message,
            "the value of its header X-Token has more than one line");
}

TEST(IsFixed, UntilAPlaceholderIsInAnyOfItsPlaces) {
  EXPECT_TRUE(is_fixed(request("/a")));
  EXPECT_FALSE(is_fixed(request("/{{a}}")));
  const auto with = [](auto change) {
    plan::Request each = request("/");
    change(each);
    return is_fixed(each);
  };
  const plan::Template open = text("{{a}}");
  EXPECT_FALSE(with([&](auto& r) { r.query = {{"q", open}}; }));
  EXPECT_FALSE(with([&](auto& r) { r.headers = {{"h", open}}; }));
  EXPECT_FALSE(with([&](auto& r) { r.body = plan::FormBody{{{"f", open}}}; }));
  EXPECT_FALSE(with([&](auto& r) { r.body = plan::JsonBody{open}; }));
  EXPECT_FALSE(with([&](auto& r) { r.body = plan::TextBody{open}; }));
  EXPECT_FALSE(with([&](auto& r) { r.body = plan::MultipartBody{{{"f", open}}, {}}; }));
  EXPECT_FALSE(with([&](auto& r) {
    r.authentication = plan::BasicAuthentication{text("ann"), open};
  }));
  EXPECT_FALSE(with([&](auto& r) { r.authentication = plan::BearerAuthentication{open}; }));
  EXPECT_TRUE(with([&](auto& r) { r.body = plan::FileBody{"/f"}; }));
}

}  // namespace
}  // namespace tidemark::load
