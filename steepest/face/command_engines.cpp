#include "steepest/face/command_engines.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <omp.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "steepest/engine/bf16_kernels.hpp"
#include "steepest/engine/providers.hpp"
#include "steepest/face/configuration.hpp"
#include "steepest/face/exit_status.hpp"
#include "steepest/face/resources.hpp"
#include "steepest/face/text_table.hpp"
#include "steepest/io/build_info.hpp"
#include "steepest/io/machine.hpp"

namespace steepest {
namespace {

using Json = nlohmann::ordered_json;

struct EngineRow {
  std::string name, storage, serves, state;
};

std::vector<EngineRow> engines() {
  const std::string torch = configuration().with_libtorch ? "in steepest-train" : "built without libtorch";
  return {{"host", "f64, f32, bf16", "matrices in memory, by OpenBLAS, LAPACK and oneDNN", "here"},
          {"counting", "that of its engine", "counts the flops of any engine", "here"},
          {"aten", "f64, f32, bf16", "batches on any device of libtorch", torch}};
}

/// Library -> the routines that it serves, as one line.
std::map<std::string, std::vector<std::string>> by_library(const std::vector<Provider>& providers) {
  std::map<std::string, std::vector<std::string>> libraries;
  for (const Provider& provider : providers)
    libraries[provider.library.empty() ? "no library" : provider.library].push_back(provider.routine);
  return libraries;
}

std::string as_text(const std::vector<Provider>& providers) {
  std::vector<TextRow> rows;
  for (const EngineRow& row : engines()) rows.push_back({row.name, row.storage, row.serves, row.state});
  const Machine machine = this_machine();
  std::string text = text_table({"engine", "storage", "serves", "available"}, rows);
  text +=
      fmt::format("\nmachine  {}, {} processors: {}\n", machine.cpu, machine.processors, fmt::join(machine.isa, " "));
  text += fmt::format("threads  {}\nkernels  {}\nbf16     {}\n", omp_get_max_threads(), blas_kernel(), bf16_kernel());
  for (const auto& [library, routines] : by_library(providers))
    text += fmt::format("\n{} serves\n  {}\n", library, fmt::join(routines, " "));
  return text;
}

Json as_json(const std::vector<Provider>& providers) {
  Json rows = Json::array();
  for (const EngineRow& row : engines())
    rows.push_back({{"name", row.name}, {"storage", row.storage}, {"serves", row.serves}, {"available", row.state}});
  const Machine machine = this_machine();
  Json routines = Json::object();
  for (const Provider& provider : providers)
    routines[provider.routine] = provider.library.empty() ? Json() : Json(provider.library);
  return {{"engines", rows},
          {"machine", {{"cpu", machine.cpu}, {"processors", machine.processors}, {"isa", machine.isa}}},
          {"threads", omp_get_max_threads()},
          {"kernels", blas_kernel()},
          {"bf16", bf16_kernel()},
          {"version", build_info().version},
          {"commit", build_info().commit},
          {"routines", routines},
          {"mixed", mixed_builds(providers).has_value()}};
}

void print_engines(bool json) {
  run_on_threads(std::nullopt);
  const auto found = providers();
  fmt::print("{}", json ? as_json(found).dump() + '\n' : as_text(found));
  if (const auto mix = mixed_builds(found)) throw std::runtime_error(*mix);
}

}  // namespace

void add_engines_command(CLI::App& program) {
  auto* const command = program.add_subcommand("engines", "Engines, machine, and who serves BLAS and LAPACK");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON object instead of text");
  command->callback([json] { print_engines(*json); });
}

}  // namespace steepest
