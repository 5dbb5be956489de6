#include "steepest/face/command_polar.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "steepest/face/exit_status.hpp"
#include "steepest/face/polar_flags.hpp"
#include "steepest/face/polar_summary.hpp"
#include "steepest/face/polar_task.hpp"

namespace steepest {
namespace {

constexpr std::array<Named<Normalization>, 2> normalizations{
    {{"frobenius", Normalization::frobenius}, {"schatten4", Normalization::schatten4}}};
constexpr std::array<Named<Rank>, 2> ranks{{{"complete", Rank::complete}, {"partial", Rank::partial}}};
constexpr std::array<Named<Side>, 2> sides{{{"right", Side::right}, {"left", Side::left}}};

struct Request {
  std::string input;
  PolarFlags flags{.method = "qdwh", .steps = {}, .degree = {}, .lower_bound = {}, .safety = {}, .cushion = {}};
  std::optional<std::string> dtype, normalization, out_u, out_h;
  std::string rank = "complete", side = "right";
  std::optional<double> tolerance;
  std::optional<int> threads;
  bool json = false, certify = false;
};

template <class Value, std::size_t n>
Value chosen(const std::array<Named<Value>, n>& names, std::string_view what, std::string_view word) {
  return as_usage([&] { return value_in<Value>(names, what, word); });
}

PolarTask task_of(const Request& request) {
  PolarTask task{.options = polar_options(request.flags)};
  PolarOptions& options = task.options;
  check_read(request.flags.lower_bound.has_value(), reads(options.method, PolarOption::lower_bound), "--lower-bound",
             options.method);
  check_read(request.normalization.has_value(), takes_steps(options.method), "--normalization", options.method);
  if (request.normalization)
    options.normalization = chosen(normalizations, "[polar] normalization", *request.normalization);
  options.rank = chosen(ranks, "[polar] rank", request.rank);
  task.side = chosen(sides, "[polar] side", request.side);
  task.with_h = request.out_h.has_value();
  task.certify = request.certify;
  return task;
}

void check_numbers(const Request& request) {
  const double tolerance = request.tolerance.value_or(0);
  check_usage(std::isfinite(tolerance) && tolerance >= 0, "[polar] --tolerance must be finite and at least 0; {} came",
              tolerance);
  const int threads = request.threads.value_or(1);
  check_usage(threads >= 1 && threads <= 1024, "[polar] --threads must lie in 1 .. 1024; {} came", threads);
}

void print_summary(const PolarSummary& summary, bool json) {
  if (json)
    fmt::print("{}\n", as_json(summary).dump());
  else
    fmt::print("{}", as_text(summary));
}

/// Computes, reports, and writes the files of a result that is accepted.
template <class T>
void run(const Request& request, const PolarTask& task, const NpyMatrix& X) {
  const auto factors = factor<T>(X, task, request.input);
  const Precision precision = sizeof(T) == 8 ? Precision::f64 : Precision::f32;
  const PolarSummary summary{
      .precision = precision,
      .rows = X.rows,
      .cols = X.cols,
      .threads = omp_get_max_threads(),
      .options = task.options,
      .report = factors.report,
      .certificate = factors.certificate,
      .tolerance = request.tolerance ? request.tolerance : default_tolerance(task.options.method, precision)};
  print_summary(summary, request.json);
  if (const auto broken = broken_promise(summary)) throw std::runtime_error(*broken);
  if (request.out_u) write_npy(*request.out_u, factors.U);
  if (request.out_h) write_npy(*request.out_h, factors.H);
}

void polar_command(const Request& request) {
  const PolarTask task = task_of(request);
  check_numbers(request);
  std::optional<Precision> precision;
  if (request.dtype) precision = as_usage([&] { return precision_named(*request.dtype); });
  if (request.threads) omp_set_num_threads(*request.threads);
  const NpyMatrix X = read_npy(request.input);
  if (precision.value_or(stored_precision(X)) == Precision::f64)
    run<double>(request, task, X);
  else
    run<float>(request, task, X);
}

void add_result_flags(CLI::App& command, Request& request) {
  command
      .add_option("--tolerance", request.tolerance,
                  "Largest residual to accept: a worse result is reported, not written, and the exit status is 1 "
                  "[1000 eps for qdwh and svd, none for polynomials]")
      ->type_name("T");
  command.add_option("--out-u", request.out_u, "Write U, in the storage order of X")->type_name("FILE");
  command.add_option("--out-h", request.out_h, "Write H, symmetric positive semidefinite")->type_name("FILE");
  command.add_option("--side", request.side, "right: X = U H; left: X = H U")->capture_default_str()->type_name("SIDE");
  command.add_flag("--certify", request.certify,
                   "Also report the symmetry of U'X, the negative part of H and the gap to the nuclear norm");
  command.add_flag("--json", request.json, "Report as one JSON object");
}

}  // namespace

void add_polar_command(CLI::App& program) {
  auto* const command = program.add_subcommand("polar", "Polar decomposition X = U H of a matrix");
  const auto request = std::make_shared<Request>();
  command->add_option("X", request->input, "An .npy file: a matrix of f32 or f64")->required()->type_name("FILE");
  command->add_option("--dtype", request->dtype, "Precision of the computation, f64 or f32 [that of the file]")
      ->type_name("TYPE");
  add_polar_flags(*command, request->flags);
  command
      ->add_option("--normalization", request->normalization,
                   "Bound of ||X||_2 that polynomials divide by: frobenius or schatten4 [frobenius]")
      ->type_name("NAME");
  command
      ->add_option("--rank", request->rank,
                   "complete: U has orthonormal columns (or rows); partial: U is zero where X is null")
      ->capture_default_str()
      ->type_name("KIND");
  command->add_option("--threads", request->threads, "Threads; the result does not depend on them [OMP_NUM_THREADS]")
      ->type_name("N");
  add_result_flags(*command, *request);
  command->callback([request] { polar_command(*request); });
}

}  // namespace steepest
