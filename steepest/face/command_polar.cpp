#include "steepest/face/command_polar.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "steepest/base/named.hpp"
#include "steepest/face/exit_status.hpp"
#include "steepest/face/polar_explanation.hpp"
#include "steepest/face/polar_flags.hpp"
#include "steepest/face/polar_summary.hpp"
#include "steepest/face/polar_task.hpp"
#include "steepest/face/rates_file.hpp"
#include "steepest/face/resources.hpp"
#include "steepest/io/atomic_file.hpp"
#include "steepest/io/io_error.hpp"
#include "steepest/io/read_file.hpp"

namespace steepest {
namespace {

constexpr std::array<Named<Rank>, 2> ranks{{{"complete", Rank::complete}, {"partial", Rank::partial}}};
constexpr std::array<Named<Side>, 2> sides{{{"right", Side::right}, {"left", Side::left}}};
constexpr std::array<Named<Certificate>, 3> certificates{
    {{"none", Certificate::none}, {"residuals", Certificate::residuals}, {"full", Certificate::full}}};

struct Request {
  std::optional<std::string> input;
  PolarFlags flags{.method = "auto"};
  std::optional<std::string> dtype, out_u, out_h, grade, rates, calibration, plan, out_plan, profile, rank, certificate;
  std::string side = "right";
  std::optional<double> tolerance;
  std::optional<int> threads;
  int repeat = 1;
  bool json = false, certify = false, explain = false, measure = false;

  bool planned() const { return flags.method == "auto"; }
};

/// What the words of the request mean; the method's options only where no planner chooses them.
struct Words {
  PolarOptions options;
  Promise promise;
  Side side = Side::right;
  std::optional<Precision> precision;
};

template <class Value, std::size_t n>
Value chosen(const std::array<Named<Value>, n>& names, std::string_view what, std::string_view word) {
  return as_usage([&] { return value_in<Value>(names, what, word); });
}

void check_numbers(const Request& request) {
  const double tolerance = request.tolerance.value_or(1);
  check_usage(std::isfinite(tolerance) && tolerance > 0, "[polar] --tolerance must be finite and above 0; {} came",
              tolerance);
  const int threads = request.threads.value_or(1);
  check_usage(threads >= 1 && threads <= 1024, "[polar] --threads must lie in 1 .. 1024; {} came", threads);
  check_usage(request.repeat >= 1 && request.repeat <= 1000, "[polar] --repeat must lie in 1 .. 1000; {} came",
              request.repeat);
}

std::filesystem::path normal_path(const std::string& file) {
  return std::filesystem::absolute(file).lexically_normal();
}

using Output = std::pair<std::string_view, const std::optional<std::string>*>;

/// The files that a run writes, with their flags.
std::array<Output, 4> outputs(const Request& request) {
  return {{{"--out-u", &request.out_u},
           {"--out-h", &request.out_h},
           {"--out-plan", &request.out_plan},
           {"--profile", &request.profile}}};
}

void check_outputs(const Request& request) {
  const auto all = outputs(request);
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      const auto &first = *all[i].second, &second = *all[j].second;
      check_usage(!first || !second || normal_path(*first) != normal_path(*second),
                  "[polar] {} and {} must name two files; {} came", all[i].first, all[j].first, first.value_or(""));
    }
}

/// Refuses before the work what could not be written after it.
void require_writable_outputs(const Request& request) {
  for (const auto& [flag, file] : outputs(request))
    if (*file) require_writable(**file);
}

/// Flags that only a planner reads, and those that a plan of a file has decided.
void check_combinations(const Request& request) {
  const auto read_by_auto = [&](bool given, std::string_view flag) {
    check_usage(!given || (request.planned() && !request.plan), "[polar] {} does not read {}",
                request.plan ? "--plan" : request.flags.method, flag);
  };
  read_by_auto(request.grade.has_value(), "--grade");
  read_by_auto(request.rates.has_value(), "--rates");
  check_usage(!(request.explain || request.measure || request.out_plan || request.plan) || request.planned(),
              "[polar] --explain, --measure, --plan and --out-plan belong to the method auto; {} came",
              request.flags.method);
  check_usage(request.certificate.value_or("residuals") != "none" || !(request.tolerance || request.certify),
              "[polar] --tolerance and --certify need residuals; --certificate none came");
  check_outputs(request);
}

Words words_of(const Request& request) {
  check_numbers(request);
  check_combinations(request);
  Words words;
  if (request.planned())
    check_planned(request.flags);
  else
    words.options = polar_options(request.flags);
  words.options.rank = chosen(ranks, "[polar] rank", request.rank.value_or("complete"));
  words.options.certificate =
      request.certify ? Certificate::full
                      : chosen(certificates, "[polar] certificate", request.certificate.value_or("residuals"));
  words.options.tolerance = request.tolerance.value_or(0);
  words.side = chosen(sides, "[polar] side", request.side);
  if (request.dtype) words.precision = as_usage([&] { return precision_named(*request.dtype); });
  if (request.grade) words.promise.grade = as_usage([&] { return grade_named(*request.grade); });
  words.promise.steps = request.flags.steps.value_or(words.promise.steps);
  check_usage(!request.planned() || request.plan || !request.flags.steps || words.promise.grade == Grade::steps,
              "[polar] --steps belongs to the grade steps; {} came", name(words.promise.grade));
  check_usage(!request.tolerance || words.promise.grade == Grade::exact,
              "[polar] --tolerance belongs to the grade exact; {} came", name(words.promise.grade));
  words.promise.tolerance = words.options.tolerance;
  return words;
}

/// Refuses flags that say something else than the plan of a file, which was made for what it says.
void check_agreement(const Request& request, const Words& words, const PolarDemand& planned) {
  const auto same = [](bool given, std::string_view flag, const auto& here, const auto& there) {
    check_usage(!given || here == there, "[polar] the plan is for {} {}; {} came", flag, there, here);
  };
  same(request.tolerance.has_value(), "--tolerance", words.options.tolerance, planned.promise.tolerance);
  same(request.flags.lower_bound.has_value(), "--lower-bound", request.flags.lower_bound.value_or(0),
       planned.lower_bound);
  const auto steps = request.flags.steps;
  check_usage(!steps || planned.promise.grade == Grade::steps,
              "[polar] the plan is for the grade {}, which does not read --steps; {} came", name(planned.promise.grade),
              steps.value_or(0));
  same(steps.has_value(), "--steps", steps.value_or(0), planned.promise.steps);
  same(request.rank.has_value(), "--rank", name(words.options.rank), name(planned.rank));
}

/// The plan of the file, with as much of a certificate as is asked for here.
PolarPlan stored_plan(const Request& request, const Words& words, const NpyMatrix& X, Precision precision) {
  PolarPlan plan = plan_from_json(read_file(*request.plan));
  check_usage(plan.demand.rows == X.rows && plan.demand.cols == X.cols && plan.demand.precision == precision,
              "[polar] the plan is for {} x {} {}; {} x {} {} came", plan.demand.rows, plan.demand.cols,
              name(plan.demand.precision), X.rows, X.cols, name(precision));
  check_agreement(request, words, plan.demand);
  if (request.certify || request.certificate) plan.chosen.options.certificate = words.options.certificate;
  return plan;
}

PolarPlan plan_for(const Request& request, const Words& words, const NpyMatrix& X, Precision precision) {
  if (request.plan) return stored_plan(request, words, X, precision);
  const PolarDemand demand{.rows = X.rows,
                           .cols = X.cols,
                           .precision = precision,
                           .promise = words.promise,
                           .lower_bound = request.flags.lower_bound.value_or(0),
                           .rank = words.options.rank,
                           .certificate = words.options.certificate,
                           .needs_h = request.out_h.has_value(),
                           .threads = omp_get_max_threads()};
  const Rates rates = rates_in_force(request.rates);
  return as_usage([&] { return plan_polar(demand, rates); });
}

PolarTask task_for(const Request& request, const Words& words, const NpyMatrix& X) {
  const Precision stored = words.precision.value_or(stored_precision(X));
  PolarTask task{.prepared = {}, .computed = stored, .stored = stored, .side = words.side};
  task.with_h = request.out_h.has_value();
  task.exact_gap = request.certify;
  task.repeat = request.repeat;
  task.profiled = request.profile.has_value();
  if (!request.planned())
    task.prepared = as_usage([&] { return prepare_polar(words.options, epsilon(stored), std::min(X.rows, X.cols)); });
  return task;
}

/// The factors with what is said of them.
struct Outcome {
  PolarFactors factors;
  PolarSummary summary;
};

Outcome outcome_of(const Request& request, const PolarTask& task, const NpyMatrix& X) {
  PolarFactors factors = factor(X, task, *request.input);
  const PolarSummary summary{.computed = task.computed,
                             .rows = X.rows,
                             .cols = X.cols,
                             .threads = omp_get_max_threads(),
                             .options = task.prepared.options,
                             .report = factors.report,
                             .seconds = median(factors.seconds),
                             .runs = request.repeat,
                             .exact_gap = factors.exact_gap,
                             .profile = factors.profile.get()};
  return {std::move(factors), summary};
}

/// The outcome of the candidate that the plan chose and, where that misses the tolerance after all, of the next that is proved to keep
/// it, which becomes the chosen one. A plan of a file runs as it is.
Outcome planned_outcome(const Request& request, PolarTask task, PolarPlan& plan, const NpyMatrix& X) {
  for (;;) {
    task.prepared = prepare_polar(plan.chosen, std::min(X.rows, X.cols));
    task.computed = plan.chosen.precision;
    Outcome outcome = outcome_of(request, task, X);
    const auto broken = broken_promise(outcome.summary);
    const bool last = request.plan || plan.others.empty() || !plan.others.front().keeps_promise;
    if (!broken || last) return outcome;
    plan.chosen.keeps_promise = false;
    plan.chosen.reason = fmt::format("missed here: {}", *broken);
    std::swap(plan.chosen, plan.others.front());
    std::rotate(plan.others.begin(), plan.others.begin() + 1, plan.others.end());
  }
}

/// The times of the other candidates that keep the promise, where they are asked for.
std::vector<std::optional<double>> measured_others(const Request& request, PolarTask task, const PolarPlan& plan,
                                                   const NpyMatrix& X) {
  std::vector<std::optional<double>> times(plan.others.size());
  if (!request.measure) return times;
  task.exact_gap = task.profiled = false;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (!plan.others[i].keeps_promise) continue;
    task.prepared = prepare_polar(plan.others[i], std::min(X.rows, X.cols));
    task.computed = plan.others[i].precision;
    times[i] = median(factor(X, task, *request.input).seconds);
  }
  return times;
}

void print(const Request& request, const PolarSummary& summary, const std::optional<PolarExplanation>& explanation) {
  if (request.json) {
    auto object = as_json(summary);
    if (explanation) object["plan"] = as_json(*explanation);
    return fmt::print("{}\n", object.dump());
  }
  fmt::print("{}", as_text(summary));
  if (explanation && explanation->with_others) fmt::print("{}", as_text(*explanation));
}

void write_results(const Request& request, const PolarFactors& factors,
                   const std::optional<PolarExplanation>& explanation) {
  const auto write = [](const std::string& file, const NpyMatrix& matrix) {
    std::visit([&]<class T>(const std::vector<T>&) { write_npy(file, matrix.view<T>()); }, matrix.values);
  };
  if (request.out_u) write(*request.out_u, factors.U);
  if (request.out_h) write(*request.out_h, factors.H);
  if (request.profile) write_file_atomically(*request.profile, factors.profile->chrome_trace());
  if (request.out_plan) write_file_atomically(*request.out_plan, to_json(explanation->plan) + "\n");
}

/// The matrix of the file; what is no matrix is a wrong argument, as a wrong option is.
NpyMatrix matrix_in(const std::string& file) {
  try {
    return read_npy(file);
  } catch (const DataError& error) {
    throw UsageError(error.what());
  }
}

/// Computes, reports, and writes the files of a result that is accepted.
void polar_command(const Request& request) {
  const Words words = words_of(request);
  run_on_threads(request.threads);
  if (request.calibration) return calibrate(*request.calibration, omp_get_max_threads());
  check_usage(request.input.has_value(), "[polar] an .npy file must be named, or --calibrate given; nothing came");
  require_writable_outputs(request);
  const NpyMatrix X = matrix_in(*request.input);
  const PolarTask task = task_for(request, words, X);
  require_memory(bytes_beside(X, task), fmt::format("{}: {} x {} with its factors", *request.input, X.rows, X.cols));
  std::optional<PolarExplanation> explanation;
  if (request.planned()) explanation = PolarExplanation{.plan = plan_for(request, words, X, task.stored)};
  const auto [factors, summary] =
      explanation ? planned_outcome(request, task, explanation->plan, X) : outcome_of(request, task, X);
  if (explanation) {
    explanation->with_others = request.explain || request.measure;
    explanation->measured = summary.seconds;
    explanation->measured_others = measured_others(request, task, explanation->plan, X);
  }
  print(request, summary, explanation);
  if (const auto broken = broken_promise(summary)) throw std::runtime_error(*broken);
  write_results(request, factors, explanation);
}

void add_result_flags(CLI::App& command, Request& request) {
  command
      .add_option(
          "--tolerance", request.tolerance,
          "Largest residual to accept: a worse result is reported, not written, and the exit status is 1 "
          "[25 eps for methods that run to convergence, (10 + 1.5 sqrt(s)) eps for svd, none for those that stop "
          "short; with --rank partial besides what that leaves out]")
      ->type_name("T");
  command.add_option("--out-u", request.out_u, "Write U, in the storage order of X")->type_name("FILE");
  command.add_option("--out-h", request.out_h, "Write H, symmetric positive semidefinite")->type_name("FILE");
  command.add_option("--side", request.side, "right: X = U H; left: X = H U")->capture_default_str()->type_name("SIDE");
  command
      .add_option("--certificate", request.certificate,
                  "none, residuals (orthogonality, backward error, rank) or full (also the negative part of H and an "
                  "estimate of the dual gap) [residuals]")
      ->type_name("KIND");
  command
      .add_option(
          "--profile", request.profile,
          "Write the calls of the last run as a Chrome trace, and print seconds, calls and rates by phase: gram, "
          "polynomial, factorization, conversion, memory")
      ->type_name("FILE");
  command.add_flag("--certify", request.certify, "The full certificate, and the dual gap by an SVD");
  command.add_option("--repeat", request.repeat, "Run as often and report the median time")
      ->capture_default_str()
      ->type_name("N");
  command.add_flag("--json", request.json, "Report as one JSON object");
}

void add_plan_flags(CLI::App& command, Request& request) {
  command
      .add_option(
          "--grade", request.grade,
          "auto: what is promised. exact: residuals within the tolerance. muon_grade, tight: singular values above "
          "1e-3 ||X||_F within 0.16 (1e-3) of 1 and singular vectors kept. steps: --steps of Polar Express [exact]")
      ->type_name("GRADE");
  command.add_flag("--explain", request.explain, "auto: the choice, the alternatives and their predicted times");
  command.add_flag("--measure", request.measure, "auto: run the alternatives that keep the promise as well");
  command
      .add_option("--rates", request.rates, "auto: the machine's rates, as --calibrate writes them [STEEPEST_RATES]")
      ->type_name("FILE");
  command
      .add_option("--calibrate", request.calibration, "Measure this machine's rates, write them, and do nothing else")
      ->type_name("FILE");
  command.add_option("--plan", request.plan, "auto: the plan that --out-plan wrote")->type_name("FILE");
  command.add_option("--out-plan", request.out_plan, "auto: write the plan")->type_name("FILE");
}

}  // namespace

void add_polar_command(CLI::App& program) {
  auto* const command = program.add_subcommand("polar", "Polar decomposition X = U H of a matrix");
  const auto request = std::make_shared<Request>();
  command->add_option("X", request->input, "An .npy file: a matrix of f32 or f64")->type_name("FILE");
  command->add_option("--dtype", request->dtype, "Precision of the matrices, f64 or f32 [that of the file]")
      ->type_name("TYPE");
  add_polar_flags(*command, request->flags, {"auto"});
  add_plan_flags(*command, *request);
  command
      ->add_option("--rank", request->rank,
                   "complete: U has orthonormal columns (or rows); partial: U is zero where X is null [complete]")
      ->type_name("KIND");
  command->add_option("--threads", request->threads, "Threads; the result does not depend on them [OMP_NUM_THREADS]")
      ->type_name("N");
  add_result_flags(*command, *request);
  command->callback([request] { polar_command(*request); });
}

}  // namespace steepest
