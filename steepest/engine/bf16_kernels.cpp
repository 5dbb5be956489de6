#include "steepest/engine/bf16_kernels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <dnnl.hpp>
#include <vector>

#include "steepest/base/check.hpp"
#include "steepest/base/named.hpp"

namespace steepest {
namespace {

using K = Bf16Kernels;

constexpr std::array<Named<K>, 4> names{
    {{"f32", K::f32}, {"avx512_bf16", K::avx512_bf16}, {"amx", K::amx}, {"split", K::split}}};

/// The machine's, as oneDNN sees it from now on.
std::span<const K> kernels_here() {
  static constexpr std::array all{K::f32, K::split, K::avx512_bf16, K::amx};
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx512_core_amx:
      return all;
    case dnnl::cpu_isa::avx512_core_bf16:
      return std::span(all).first(3);
    default:
      return std::span(all).first(1);
  }
}

K choice_of_process() {
  const char* const word = std::getenv("STEEPEST_KERNELS");
  if (word == nullptr) return chosen_kernels(std::nullopt, kernels_here());
  if (word == name(K::avx512_bf16)) dnnl::set_max_cpu_isa(dnnl::cpu_isa::avx512_core_bf16);  // also where AMX is
  return chosen_kernels(word, kernels_here());
}

}  // namespace

std::string_view name(Bf16Kernels kernels) { return name_in<K>(names, kernels); }

Bf16Kernels chosen_kernels(std::optional<std::string_view> word, std::span<const Bf16Kernels> here) {
  if (!word) return here.back();
  std::vector<std::string_view> words, missing;
  for (const auto& row : names) {
    const bool present = std::find(here.begin(), here.end(), row.value) != here.end();
    if (present && row.name == *word) return row.value;
    (present ? words : missing).push_back(row.name);
  }
  check(false, "[engines] STEEPEST_KERNELS must be one of {} on this machine{}; '{}' came", fmt::join(words, ", "),
        missing.empty() ? "" : fmt::format(" (SKIPPED, as the processor lacks them: {})", fmt::join(missing, ", ")),
        *word);
  return here.back();
}

Bf16Kernels bf16_kernels() {
  static const K chosen = choice_of_process();
  return chosen;
}

bool bf16_in_hardware() { return bf16_kernels() != K::f32; }

std::string bf16_kernel() {
  const K chosen = bf16_kernels();
  const auto here = kernels_here();
  if (chosen == K::f32)
    return here.size() > 1 ? "OpenBLAS in f32 (STEEPEST_KERNELS)"
                           : "OpenBLAS in f32 (SKIPPED: oneDNN in bf16, no AVX512-BF16 nor AMX here)";
  const dnnl_version_t* version = dnnl_version();
  const bool amx = here.back() == K::amx;
  return fmt::format("oneDNN {}.{}.{}, {}{}", version->major, version->minor, version->patch,
                     amx ? "AMX" : "AVX512-BF16 (SKIPPED: AMX, not in use here)",
                     chosen == K::split ? ", products of Grams split in three" : "");
}

}  // namespace steepest
