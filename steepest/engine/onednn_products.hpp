#pragma once
// Products of bf16 matrices accumulated in f32, by oneDNN, on one thread.

#include <cstddef>
#include <memory>

#include "steepest/base/bfloat16.hpp"
#include "steepest/base/view.hpp"

namespace steepest {

/// Primitives of oneDNN by shape and layout, made on first use and kept; it chooses their instructions at run time.
/// One object may be used by many threads. A primitive that is known costs a look-up, and what it is run with is kept too;
/// running it, oneDNN 2.6 allocates 5 to 7 small objects, 0.3 KiB in all, and room to pack where a factor is transposed.
class OnednnProducts {
 public:
  OnednnProducts();
  ~OnednnProducts();
  OnednnProducts(const OnednnProducts&) = delete;
  OnednnProducts& operator=(const OnednnProducts&) = delete;

  /// C = alpha A B + beta C, C unread where beta = 0: sums proceed in f32 and are rounded once to C, f32 or bf16. Each view has
  /// a unit stride in one direction and is not empty. alpha and beta belong to the primitive: constants, not data.
  /// `scratch` has at least scratch_bytes of the same arguments.
  template <class T>
  void multiply(double alpha, const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B, double beta,
                const MatrixView<T>& C, std::byte* scratch);
  template <class T>
  std::size_t scratch_bytes(double alpha, const MatrixView<const BFloat16>& A, const MatrixView<const BFloat16>& B,
                            double beta, const MatrixView<T>& C);

 private:
  struct Primitives;
  std::unique_ptr<Primitives> primitives_;
};

}  // namespace steepest
