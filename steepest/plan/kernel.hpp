#pragma once
// The kinds of work that a polar factor is made of: one for each verb of an engine that takes time of its own.

#include <array>
#include <cstddef>
#include <string_view>

#include "steepest/base/view.hpp"

namespace steepest {

enum class Kernel {
  product,     // general matrix product
  gram,        // X X', one triangle
  symmetric,   // square or product of commuting symmetric matrices, one triangle
  cholesky,    //
  inverse,     // of a positive definite matrix
  triangular,  // solve with, product with and inverse of a triangle
  qr,          //
  pivoted_qr,  //
  eigh,        //
  svd,         //
  pass,        // over scratch that was used shortly before, entry by entry
  memory,      // the same over matrices that no cache holds
  reduction    // norms, sums and largest entries: in f64, which takes longer than to read
};

inline constexpr std::array<std::string_view, 13> kernel_names{
    "product",    "gram", "symmetric", "cholesky", "inverse", "triangular", "qr",
    "pivoted_qr", "eigh", "svd",       "pass",     "memory",  "reduction"};

inline constexpr std::size_t kernel_count = kernel_names.size();

/// The name by which files of rates call it.
constexpr std::string_view name(Kernel kernel) { return kernel_names[static_cast<std::size_t>(kernel)]; }

/// Whether it only moves entries: its amounts are entries and its rates bytes.
constexpr bool moves_alone(Kernel kernel) { return kernel >= Kernel::pass; }

/// Work of one kind on one matrix.
struct KernelCall {
  Kernel kernel;
  double
      amount;  ///< flops, symmetric results at half price as in engine/counting.hpp; of what moves alone entries read or written
  double
      size;  ///< the side of the cube (of the square, for what moves alone) with as much work: where the rate is looked up
};

}  // namespace steepest
