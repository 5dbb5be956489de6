#pragma once
// Which instructions multiply bf16 matrices of the host engine: the best that the machine has, or those that
// STEEPEST_KERNELS names.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace steepest {

/// f32          products in f32 on copies, by OpenBLAS
/// avx512_bf16  AVX512-BF16, by oneDNN; Grams among themselves in f32
/// amx          the tiles of AMX, by oneDNN; Grams as before
/// split        the best of the latter two, and the product of two Grams as three of bf16, with 16 bits:
///              A B ~ A_hi B_hi + A_hi B_lo + A_lo B_hi
enum class Bf16Kernels { f32, avx512_bf16, amx, split };

std::string_view name(Bf16Kernels kernels);

/// The word's kernels, or without a word the best of `here` but split, which is for those who ask. Throws
/// std::invalid_argument, tagged [engines], for a word that names none of `here`; it lists them, and says what the machine
/// lacks.
Bf16Kernels chosen_kernels(std::optional<std::string_view> word, std::span<const Bf16Kernels> here);

/// The choice of this process by STEEPEST_KERNELS, made once, before oneDNN settles on instructions; which is why it is
/// the first thing that an engine in bf16 asks. Throws as above.
Bf16Kernels bf16_kernels();

/// Whether products of bf16 run in hardware.
bool bf16_in_hardware();

/// What multiplies bf16 matrices, for records and benchmarks: "oneDNN 2.6.3, AVX512-BF16 (SKIPPED: AMX, not in this processor)".
std::string bf16_kernel();

}  // namespace steepest
