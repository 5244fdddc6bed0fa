#include "harness/run/scenario_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/agents/python_agent.h"
#include "harness/analysis/growth_verdict.h"
#include "harness/analysis/judge.h"
#include "harness/base/text.h"
#include "harness/plan/load_planner.h"
#include "harness/plan/schedule.h"
#include "harness/run/diagnosis.h"
#include "harness/run/machine.h"
#include "harness/run/peaks.h"
#include "harness/run/program_run.h"
#include "harness/run/session.h"

namespace tidemark::run {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using record::Ending;
using record::Phase;
using record::Record;
using record::Signal;

constexpr int kFewestWarmupCheckpoints = 3;
constexpr Seconds kWarmupBatch{0.5};
constexpr int kLargestWarmupBatch = 10;
constexpr int kMostWarmupUsers = 10;

constexpr Seconds kLongestRequirement{60};
constexpr Seconds kLongestReadinessCheck{5};
constexpr Seconds kWatchPatience{0.2};  // that the kernel has struck is seen a moment later

std::vector<record::FlowFacts> facts_of(const std::vector<plan::Flow>& flows) {
  std::vector<record::FlowFacts> facts;
  if (flows.size() < 2) return facts;
  for (const plan::Flow& flow : flows) {
    record::FlowFacts& each = facts.emplace_back();
    each.name = flow.name;
    for (const plan::Step& step : flow.steps)
      if (const auto* request = std::get_if<plan::Request>(&step))
        each.requests.push_back(request->name);
  }
  return facts;
}

record::Header header_of(const plan::Scenario& scenario, const ScenarioContext& context) {
  record::Header header;
  header.run = context.run;
  header.scenario = scenario.name;
  header.description = scenario.description;
  header.file = scenario.file;
  header.position = scenario.position;
  header.folder = scenario.folder;
  header.started = timestamp();
  header.budgets = scenario.budgets;
  header.scaling = scenario.scaling;
  header.known = scenario.known;
  header.expect_outcome = scenario.expect_outcome;
  header.vus = plan::most_vus(scenario.load);
  header.model = scenario.load.model;
  header.load = plan::describe_load(scenario);
  header.flows = facts_of(scenario.flows);
  header.program = scenario.program.has_value();
  header.min_iterations = scenario.min_iterations;
  header.max_iterations = scenario.max_iterations;
  header.horizon_iterations = scenario.horizon_iterations;
  header.max_duration = scenario.max_duration;
  header.memory_limit = scenario.target.memory_limit;
  header.production = scenario.production;
  if (scenario.data)
    header.data = record::DataFacts{static_cast<std::int64_t>(scenario.data->rows.size()),
                                    scenario.data->order};
  header.sweep = scenario.sweep;
  header.gc_threshold = scenario.gc_threshold;
  header.machine_memory = machine_memory();
  header.repeat_command = context.repeat_command;
  header.environment = machine_facts();
  return header;
}

// The signal that will decide growth, summed over the processes at a checkpoint.
double deciding_value(const record::Checkpoint& checkpoint, bool exact) {
  double sum = 0;
  for (const record::Reading& reading : checkpoint.readings)
    sum += reading.values.get(exact ? Signal::kLiveBytes : Signal::kUss).value_or(0);
  return sum;
}

bool has_exact_signal(const Record& record) {
  if (record.checkpoints.empty()) return false;
  const auto& readings = record.checkpoints.back().readings;
  return std::any_of(readings.begin(), readings.end(), [](const record::Reading& reading) {
    return reading.values.get(Signal::kLiveBytes).has_value();
  });
}

// True when the last three stretches grew by about the same amount per iteration, hardly at all, or
// up and down: what is left is a trend, nothing, or noise.
bool has_settled(const Record& record) {
  const auto& checkpoints = record.checkpoints;
  if (checkpoints.size() < kFewestWarmupCheckpoints + 1) return false;
  const bool exact = has_exact_signal(record);
  const double still = exact ? 64 : 4096;  // bytes per iteration
  std::vector<double> rates;
  for (std::size_t i = checkpoints.size() - kFewestWarmupCheckpoints; i < checkpoints.size(); ++i) {
    const double growth =
        deciding_value(checkpoints[i], exact) - deciding_value(checkpoints[i - 1], exact);
    rates.push_back(growth / static_cast<double>(std::max<std::int64_t>(checkpoints[i].batch, 1)));
  }
  const auto [least, most] = std::minmax_element(rates.begin(), rates.end());
  const double largest = std::max(std::abs(*least), std::abs(*most));
  const bool up_and_down = *least < 0 && *most > 0;
  return largest <= still || up_and_down || *most - *least <= 0.25 * largest;
}

class ScenarioRun {
 public:
  ScenarioRun(const plan::Scenario& scenario, const ScenarioContext& context,
              target::Scratch& scratch, Recorder& recorder, Progress& progress)
      : scenario_(scenario),
        context_(context),
        scratch_(scratch),
        recorder_(recorder),
        progress_(progress),
        began_(Clock::now()) {}

  void run();

 private:
  Stop check_requirement();
  Stop launch();
  Stop phases();
  Stop warm_up();
  Stop judge_growth_until_decided();
  bool decided() const;
  void name_lines();
  Stop not_launched(const Error& error) const;
  target::LaunchOptions launch_options() const;
  void keep_logs();
  Seconds elapsed() const { return Clock::now() - began_; }

  const plan::Scenario& scenario_;
  const ScenarioContext& context_;
  target::Scratch& scratch_;
  Recorder& recorder_;
  Progress& progress_;
  Clock::time_point began_;
  fs::path logs_;
  std::unique_ptr<Session> session_;
};

void ScenarioRun::run() {
  // With secrets about, the target's output is only kept after they are taken out of it.
  logs_ =
      context_.secrets.has_secrets() ? context_.work / "logs" / scenario_.folder : context_.output;
  Stop stop;
  if (auto made = make_folders(logs_); !made) stop = not_launched(made.error());
  if (!stop) stop = check_requirement();
  if (!stop && scenario_.program)
    stop = run_program(scenario_, launch_options(), scratch_, recorder_, progress_);
  if (!stop) stop = launch();
  if (!stop) stop = phases();
  const Seconds judged = session_ ? session_->elapsed() : elapsed();
  if (session_ && (!stop || stop->ending == Ending::kCompleted)) name_lines();
  if (session_) {
    if (auto stopped = session_->stop_target(); !stopped)
      recorder_.add(record::Remark{"stopped", false, stopped.error().message});
    session_.reset();
  }
  keep_logs();
  if (const auto& error = recorder_.write_error())
    recorder_.add(record::Remark{"record", false, error->message});
  recorder_.add(recorder_.record().latency);
  recorder_.add(stop ? *stop : record::End{Ending::kCompleted, {}, Phase::kGrowth, judged});
}

void ScenarioRun::name_lines() {
  const DiagnosisOrder order = diagnosis_order(scenario_, recorder_.record());
  if (order.is_empty() || session_->load_is_over()) return;
  diagnose(order, scenario_, context_.work / "agents", context_.stop_fd, *session_, recorder_);
}

Stop ScenarioRun::not_launched(const Error& error) const {
  const bool interrupted = wait_readable(context_.stop_fd, Seconds(0));
  return record::End{interrupted ? Ending::kInterrupted : Ending::kNotLaunched, error.message,
                     Phase::kWarmup, elapsed()};
}

target::LaunchOptions ScenarioRun::launch_options() const {
  const fs::path sockets = context_.work / "agents";
  target::LaunchOptions options;
  options.logs = logs_;
  options.work = context_.work;
  options.placeholders = context_.secrets;
  options.stop_fd = context_.stop_fd;
  options.way_in = [this](int port,
                          const plan::Placeholders& placeholders) -> Result<target::WayIn> {
    auto endpoint = load::fill_endpoint(scenario_.connection, scenario_.file, port, placeholders);
    if (!endpoint) return tl::unexpected(endpoint.error());
    const Seconds longest = std::min(kLongestReadinessCheck, scenario_.target.readiness.timeout);
    const auto check = [endpoint = *endpoint, longest,
                        stop_fd = context_.stop_fd](const std::string& path) {
      return load::check_path(endpoint, path, longest, stop_fd);
    };
    return target::WayIn{check, endpoint->unix_socket};
  };
  if (scenario_.target.runtime != plan::Runtime::kNone) {
    options.environment = agents::agent_environment(sockets);
    if (scenario_.gc_threshold)
      options.environment.emplace_back("TIDEMARK_GC_THRESHOLD", *scenario_.gc_threshold);
    options.path_prefixes = agents::agent_path_prefixes(context_.agent);
  }
  return options;
}

Stop ScenarioRun::check_requirement() {
  if (!scenario_.requires_command) return std::nullopt;
  if (auto cleared = scratch_.clear(); !cleared) return not_launched(cleared.error());
  const fs::path output = logs_ / "requires.log";
  const auto exit = target::run_command(*scenario_.requires_command, scenario_.target, scratch_,
                                        launch_options(), output, kLongestRequirement);
  if (!exit) return not_launched(with_context("requires", exit.error()));
  if (exit->success()) return std::nullopt;
  std::string reason = printable(read_tail(output, 4096));
  while (reason.ends_with('\n')) reason.pop_back();
  reason = reason.substr(reason.rfind('\n') + 1);
  if (reason.empty()) reason = "its 'requires' command " + exit->words();
  return record::End{Ending::kSkipped, reason, Phase::kWarmup, elapsed()};
}

Stop ScenarioRun::launch() {
  progress_.update({"launch", 0, scenario_.max_iterations, {}, scenario_.max_duration});
  std::error_code ignored;
  fs::remove_all(context_.work / "agents", ignored);
  fs::create_directory(context_.work / "agents", ignored);
  std::unique_ptr<MemoryWatch> watch;
  target::LaunchOptions options = launch_options();
  if (const auto limit = scenario_.target.memory_limit) options.most_memory = cgroup_limit(*limit);
  options.on_start = [&](const target::GuardedProcess& process) {
    watch = watch_memory(scenario_.target.memory_limit, process);
  };
  auto running = target::launch_target(scenario_.target, scratch_, options);
  if (!running && watch && wait_readable(watch->exceeded_fd(), kWatchPatience))
    return not_launched({watch->words() + ", before it was ready"});
  if (!running) return not_launched(running.error());
  auto workload = load::fill_workload(scenario_, running->port, running->placeholders);
  if (!workload) return not_launched(workload.error());
  session_ = std::make_unique<Session>(
      SessionOptions{scenario_, context_.work / "agents", logs_ / "target.log", std::move(watch),
                     context_.stop_fd},
      std::move(*running), std::move(*workload), recorder_, progress_);
  return std::nullopt;
}

Stop ScenarioRun::phases() {
  // What the launch left, before any iteration.
  if (Stop stop = session_->checkpoint(Phase::kWarmup)) return stop;
  if (scenario_.target.runtime == plan::Runtime::kPython && !has_exact_signal(recorder_.record()))
    recorder_.add(record::Remark{"agent", false,
                                 "'runtime' is python, and no process of the target has an agent"});
  // The first iteration of all pays for imports and first caches: its peak is shown, not judged.
  if (Stop stop = session_->drive_with_peaks(Phase::kWarmup)) return stop;
  if (Stop stop = session_->checkpoint(Phase::kWarmup)) return stop;
  // Peaks come early: the older a process, the more free memory its allocators keep and use again.
  if (plan::measures_peaks(scenario_))
    if (Stop stop = measure_peaks(scenario_, *session_, recorder_)) return stop;
  if (decided()) return std::nullopt;
  if (Stop stop = warm_up()) return stop;
  return judge_growth_until_decided();
}

Stop ScenarioRun::warm_up() {
  const Seconds until = scenario_.max_duration * plan::kMostWarmupTime;
  const int most = plan::warmup_iterations(scenario_.warmup, scenario_.max_iterations);
  // An open model's many virtual users are for its worst moments.
  const int vus = scenario_.load.model == plan::LoadModel::kOpen
                      ? std::min(scenario_.load.max_vus, kMostWarmupUsers)
                      : plan::most_vus(scenario_.load);
  while (recorder_.iterations() < most) {
    const double fitting = kWarmupBatch / std::max(session_->iteration_duration(), Seconds(1e-6));
    int batch = std::clamp(static_cast<int>(fitting), 1, kLargestWarmupBatch * vus);
    batch = std::min(batch, most - static_cast<int>(recorder_.iterations()));
    if (!scenario_.warmup && session_->elapsed() + batch * session_->iteration_duration() > until)
      break;
    if (Stop stop = session_->drive(Phase::kWarmup, batch, vus)) return stop;
    if (session_->load_is_over()) return session_->data_ended(Phase::kWarmup);
    if (Stop stop = session_->checkpoint(Phase::kWarmup)) return stop;
    if (!scenario_.warmup && has_settled(recorder_.record())) break;
  }
  return std::nullopt;
}

bool ScenarioRun::decided() const {
  if (scenario_.min_is_given && recorder_.iterations() < scenario_.min_iterations) return false;
  const Record& record = recorder_.record();
  auto gates = analysis::judge_all(record, {});
  progress_.judge(gates);
  if (analysis::awaits_another_peak(record)) return false;
  // What single iterations have left open stays open: no more of them are measured.
  std::erase_if(
      gates, [](const analysis::GateReport& gate) { return gate.gate == plan::Gate::kPeakMemory; });
  return analysis::all_decided(gates);
}

Stop ScenarioRun::judge_growth_until_decided() {
  if (Stop stop = session_->checkpoint(Phase::kGrowth)) return stop;
  plan::ScheduleInput input;
  input.left = session_->left();
  input.iteration = session_->iteration_duration();
  input.checkpoint = session_->checkpoint_duration();
  input.iterations_left = scenario_.max_iterations - recorder_.iterations();
  input.load = plan::load_pace(scenario_, input.iteration);
  input.slack = has_exact_signal(recorder_.record()) ? 64_B : 256_KiB;
  const plan::Schedule schedule = plan::plan_growth(input);
  recorder_.add(record::PlannedGrowth{recorder_.iterations(), schedule.words});
  progress_.note(schedule.words);
  if (schedule.checkpoints == 0 && judges_growth(scenario_))
    return record::End{Ending::kCompleted, schedule.words, Phase::kGrowth, elapsed()};

  std::size_t next_look = 1;  // checkpoints; each is looked at, and of very many some
  // A load with a course of its own is driven to its end, whatever is decided on the way.
  const bool has_course = scenario_.load.duration || !scenario_.load.stages.empty();
  for (int index = 0; recorder_.iterations() < scenario_.max_iterations; ++index) {
    const auto left = scenario_.max_iterations - recorder_.iterations();
    const Seconds fitting = session_->left() - session_->checkpoint_duration();
    int batch = static_cast<int>(std::min<std::int64_t>(schedule.batch(index), left));
    const Seconds needed = batch * session_->iteration_duration();
    if (needed >= fitting)
      return record::End{
          Ending::kCompleted,
          fmt::format("max_duration of {} is over", format_duration(scenario_.max_duration)),
          Phase::kGrowth, elapsed()};
    if (batch > 0)
      if (Stop stop = session_->drive_paced(batch)) return stop;
    if (Stop stop = session_->checkpoint(Phase::kGrowth)) return stop;
    const auto taken = static_cast<std::size_t>(index) + 2;  // one came before the first batch
    if (session_->load_is_over()) return std::nullopt;
    if (has_course || taken < next_look) continue;
    if (decided()) return std::nullopt;
    next_look = analysis::next_look(taken);
  }
  return record::End{Ending::kCompleted,
                     fmt::format("iterations.max of {} is reached", scenario_.max_iterations),
                     Phase::kGrowth, elapsed()};
}

void ScenarioRun::keep_logs() {
  if (logs_ == context_.output) return;
  std::error_code error;
  fs::directory_iterator log(logs_, error);
  for (; !error && log != fs::directory_iterator(); log.increment(error)) {
    const auto text = read_file(log->path());
    const auto written =
        text ? write_file(context_.output / log->path().filename(), context_.secrets.redact(*text))
             : tl::unexpected(text.error());
    if (!written) recorder_.add(record::Remark{"logs", false, written.error().message});
  }
}

// Of an earlier run into the same folder; most of the time there is none.
void remove_logs(const fs::path& folder) {
  const auto is_log = [](const std::string& name) {
    return name == "target.log" || name == "prepare.log" || name == "requires.log" ||
           (name.starts_with(target::kServiceLogPrefix) && name.ends_with(".log"));
  };
  std::vector<fs::path> logs;
  std::error_code error;
  for (fs::directory_iterator file(folder, error); !error && file != fs::directory_iterator();
       file.increment(error))
    if (is_log(file->path().filename().string())) logs.push_back(file->path());
  for (const fs::path& log : logs) fs::remove(log, error);
}

}  // namespace

Record run_scenario(const plan::Scenario& scenario, const ScenarioContext& context,
                    target::Scratch& scratch, Progress& progress) {
  remove_logs(context.output);
  record::Header header = header_of(scenario, context);
  auto recorder = Recorder::create(context.output, header, context.secrets);
  if (!recorder) {
    Record unwritten;
    unwritten.header = std::move(header);
    unwritten.end = record::End{Ending::kNotLaunched, recorder.error().message, {}, Seconds(0)};
    return unwritten;
  }
  ScenarioRun(scenario, context, scratch, *recorder, progress).run();
  return recorder->take();
}

}  // namespace tidemark::run
