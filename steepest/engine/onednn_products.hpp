#pragma once
// Products of bf16 matrices accumulated in f32, by oneDNN, on one thread.

#include <cstddef>
#include <memory>
#include <string>

#include "steepest/base/bfloat16.hpp"
#include "steepest/base/view.hpp"

namespace steepest {

/// Whether this machine multiplies bf16 in hardware (AVX512-BF16 or AMX) and oneDNN may use it.
bool bf16_in_hardware();

/// What multiplies bf16 matrices of the host engine: "oneDNN 2.6.3, AVX512-BF16"; where the machine lacks the
/// instructions, "OpenBLAS in f32 (SKIPPED: oneDNN in bf16, no AVX512-BF16 nor AMX here)".
std::string bf16_kernel();

/// Primitives of oneDNN by shape and layout, made on first use and kept; it chooses their instructions at run time.
/// One object may be used by many threads. A primitive that is known costs a look-up; running it, oneDNN 2.6 allocates
/// 16 to 18 small objects for its arguments, 0.7 KiB in all whatever the sizes of the matrices.
class OnednnProducts {
 public:
  enum class Into { overwrite, accumulate };

  OnednnProducts();
  ~OnednnProducts();
  OnednnProducts(const OnednnProducts&) = delete;
  OnednnProducts& operator=(const OnednnProducts&) = delete;

  /// C = A B or C += A B, rounded to f32 as sums proceed; each view has a unit stride in one direction and is not
  /// empty. `scratch` has at least scratch_bytes of the same arguments.
  void multiply(const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B, Into into,
                const MatrixView<float>& C, std::byte* scratch);
  std::size_t scratch_bytes(const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B, Into into,
                            const MatrixView<float>& C);

 private:
  struct Primitives;
  std::unique_ptr<Primitives> primitives_;
};

}  // namespace steepest
