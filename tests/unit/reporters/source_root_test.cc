#include "reporters/code/source_root.h"

#include <gtest/gtest.h>

namespace tidemark::reporters {
namespace {

const SourceRoot kRoot{"/srv/shop/services", "/srv/shop"};

TEST(SourceRoot, NamesFilesByTheirWayFromTheRoot) {
  EXPECT_EQ(below_root(kRoot, "views.py"), "services/views.py");
  EXPECT_EQ(below_root(kRoot, "./a//b/views.py"), "services/a/b/views.py");
  EXPECT_EQ(below_root(kRoot, "/srv/shop/views.py"), "views.py");
  EXPECT_EQ(below_root(kRoot, "../scenarios/shop.yaml"), "scenarios/shop.yaml");
  EXPECT_EQ(below_root({"/srv/shop", "/srv/shop/"}, "views.py"), "views.py");
  EXPECT_EQ(below_root({"/", "/"}, "views.py"), "views.py");
}

TEST(SourceRoot, HasNoPlaceForWhatIsNotBelowIt) {
  for (const char* file : {"", "..", "/", "/srv/shop", "/srv/shop/", "/srv/shopping/x.py",
                           "/etc/passwd", "../../etc/passwd", "../../../../../x", "/srv/shop/../x"})
    EXPECT_EQ(below_root(kRoot, file), std::nullopt) << file;
  EXPECT_EQ(below_root({"work", "work"}, "x.py"), std::nullopt) << "a root must be absolute";
  EXPECT_EQ(below_root({}, "/x.py"), std::nullopt);
}

TEST(SourceRoot, HasNoPlaceForNamesThatAreNoText) {
  for (const char* file : {"a\nb.py", "a\tb.py", "a\x1b[31m.py", "a\xff.py", "a\xE2\x80\xAE.py"})
    EXPECT_EQ(below_root(kRoot, file), std::nullopt) << file;
  EXPECT_EQ(below_root(kRoot, std::string(1 << 20, 'x')), std::nullopt);
  EXPECT_EQ(below_root(kRoot, std::string("a\0b", 3)), std::nullopt);
}

TEST(SourceRoot, DoesNotBelieveNamesOfTheTargetThatClimb) {
  EXPECT_EQ(untrusted_below_root(kRoot, "/srv/shop/views.py"), "views.py");
  EXPECT_EQ(untrusted_below_root(kRoot, "a..b/...py"), "services/a..b/...py");
  for (const char* file : {"../shop.py", "a/../b.py", "/srv/shop/a/..", "/srv/shop/../shop/a.py"})
    EXPECT_EQ(untrusted_below_root(kRoot, file), std::nullopt) << file;
}

TEST(SourceRoot, WritesPathsAsReferences) {
  EXPECT_EQ(uri_path("shop/a view#1?.py"), "shop/a%20view%231%3F.py");
  EXPECT_EQ(uri_path("/srv/ünï"), "/srv/%C3%BCn%C3%AF");
  EXPECT_EQ(uri_path("a:b.py"), "a%3Ab.py");
}

}  // namespace
}  // namespace tidemark::reporters
