#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "reporters/reporters.h"
#include "reporters/terminal/pen.h"

namespace tidemark::reporters {
namespace {

using analysis::DoctorReport;
using analysis::Level;
using record::Signal;
using testing::HasSubstr;
using testing::Not;

DoctorReport found() {
  DoctorReport report;
  report.version = "0.1.0";
  report.can_reach_targets = true;
  report.checks = {{"kernel", Level::kOk, "Linux 6.1.0", {}},
                   {"swap", Level::kLimited, "1 GiB of 2 GiB in use", "swapoff -a"}};
  report.idle.runtime = "CPython 3.11.2";
  report.idle.processes = 2;
  report.idle.checkpoints = 30;
  report.idle.checkpoint = Seconds(0.0075);
  report.idle.signals = {{Signal::kLiveBytes, {0, 0, 30}, 0},
                         {Signal::kLiveBlocks, {0, 1, 30}, 1},
                         {Signal::kUss, {4096, -8192, 30}, 12288}};
  return report;
}

DoctorReport nothing_measured() {
  DoctorReport report = found();
  report.checks[1] = {"launching", Level::kMissing, "no process can be started", "allow it"};
  report.idle = {};
  return report;
}

TEST(Doctor, ShowsChecksWithRemediesThenTheNoiseThenTheConclusion) {
  EXPECT_EQ(
      render_doctor(found(), {}),
      "tidemark 0.1.0  on this machine\n"
      "\n"
      "  ✓ kernel  Linux 6.1.0\n"
      "  ! swap    1 GiB of 2 GiB in use\n"
      "            → swapoff -a\n"
      "\n"
      "The machine's own noise  30 checkpoints of 2 processes of CPython 3.11.2, idle; each "
      "took 7.5 ms\n"
      "\n"
      "    signal           drift      range      noise\n"
      "    live_bytes         0 B        0 B        0 B\n"
      "    live_blocks          1          1          0\n"
      "    uss             -8 KiB     12 KiB      4 KiB\n"
      "\n"
      "  With this noise the smallest leak that 200 iterations can tell is 1.09 B/iteration by "
      "live_bytes\n"
      "  (with an agent), 594 B/iteration by uss (without one). An application adds noise of "
      "its own.\n"
      "\n"
      "Growth of a target can be measured on this machine, with 1 restriction (see →).\n");
}

TEST(Doctor, QuietlyShowsOnlyWhatIsNotWell) {
  EXPECT_EQ(render_doctor(found(), {false, true}),
            "  ! swap    1 GiB of 2 GiB in use\n"
            "            → swapoff -a\n");
  DoctorReport well = found();
  well.checks.pop_back();
  EXPECT_EQ(render_doctor(well, {false, true}), "");
  EXPECT_THAT(render_doctor(nothing_measured(), {false, true}), HasSubstr("cannot be measured"));
}

TEST(Doctor, WithoutAReadingThereIsNoTable) {
  const std::string text = render_doctor(nothing_measured(), {});
  EXPECT_THAT(text, HasSubstr("✗ launching"));
  EXPECT_THAT(text, HasSubstr("Growth of a target cannot be measured on this machine.\n"));
  EXPECT_THAT(text, Not(HasSubstr("noise")));
}

TEST(Doctor, OfASignalThatJumpedNothingIsClaimed) {
  DoctorReport report = found();
  report.idle.signals[2].range = 2e6;
  EXPECT_THAT(render_doctor(report, {}), Not(HasSubstr("by uss")));
  report.idle.signals.erase(report.idle.signals.begin());
  EXPECT_THAT(render_doctor(report, {}), Not(HasSubstr("smallest leak")));
}

TEST(Doctor, ColorsAreThereOnlyWhenAskedFor) {
  EXPECT_THAT(render_doctor(found(), {true, false}), HasSubstr("\x1b[33m!"));
  EXPECT_THAT(render_doctor(found(), {}), Not(HasSubstr("\x1b")));
}

TEST(Doctor, TextOfStrangersIsMadeFitToShow) {
  DoctorReport report = found();
  report.checks[1].detail = "python \x1b[31m says\nno";
  report.idle.runtime = "C\x1b]0;x\x07";
  EXPECT_THAT(render_doctor(report, {}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render_doctor_json(report), Not(HasSubstr("\x1b")));
}

TEST(DoctorJson, SaysTheSameAsOneObject) {
  const auto json = nlohmann::json::parse(render_doctor_json(found()));
  EXPECT_EQ(json["schema"], "tidemark-doctor/1");
  EXPECT_EQ(json["can_measure_growth"], true);
  EXPECT_EQ(json["checks"][1], (nlohmann::json{{"check", "swap"},
                                               {"level", "limited"},
                                               {"detail", "1 GiB of 2 GiB in use"},
                                               {"remedy", "swapoff -a"}}));
  const auto& noise = json["noise"];
  EXPECT_EQ(noise["processes"], 2);
  EXPECT_EQ(noise["checkpoints"], 30);
  EXPECT_EQ(noise["signals"][2]["signal"], "uss");
  EXPECT_EQ(noise["signals"][2]["deviation"], 4096);
  EXPECT_EQ(noise["signals"][2]["drift"], -8192);
  EXPECT_NEAR(noise["signals"][2]["least_visible_growth"], 593.92, 0.01);
  EXPECT_TRUE(noise["signals"][1]["least_visible_growth"].is_null());
}

TEST(DoctorJson, WithoutAReadingNoiseIsNull) {
  const auto json = nlohmann::json::parse(render_doctor_json(nothing_measured()));
  EXPECT_EQ(json["can_measure_growth"], false);
  EXPECT_TRUE(json["noise"].is_null());
}

TEST(Wrapped, BreaksAtSpacesAndKeepsLongWordsWhole) {
  EXPECT_EQ(wrapped("one two three", "  ", 9), "  one two\n  three\n");
  EXPECT_EQ(wrapped("incomprehensibilities", "  ", 9), "  incomprehensibilities\n");
  EXPECT_EQ(wrapped("a  b", "", 80), "a b\n");
  EXPECT_EQ(wrapped("", "  ", 9), "");
}

}  // namespace
}  // namespace tidemark::reporters
