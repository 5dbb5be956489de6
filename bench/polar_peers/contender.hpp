#pragma once
// A matrix and a plan that wait to be run: what the server keeps between requests.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>
#include <variant>
#include <vector>

#include "steepest/engine/host.hpp"
#include "steepest/io/npy.hpp"
#include "steepest/polar/polar.hpp"

namespace steepest::bench {

/// Polar factors of one stored matrix, f32 or f64, in the storage order of the file. H is on the small side:
/// X = U H for m >= n, X = H U otherwise.
template <class T>
class Contender {
 public:
  Contender(NpyMatrix stored, const PolarOptions& options, bool with_h)
      : X_entries_(std::get<std::vector<T>>(std::move(stored.values))),
        U_entries_(X_entries_.size()),
        rows_(stored.rows),
        cols_(stored.cols),
        order_(stored.order),
        plan_(prepare_polar(options, Host<T>::epsilon(), std::min(rows_, cols_))) {
    const Index side = std::min(rows_, cols_);
    if (with_h) H_entries_.resize(static_cast<std::size_t>(side * side));
  }

  double flops() const { return polar_flops(plan_, rows_, cols_); }

  /// The wall-clock seconds of one decomposition.
  double run(Host<T>& la) {
    const bool tall = rows_ >= cols_;
    const auto X = tall ? matrix(X_entries_) : matrix(X_entries_).transposed();
    auto U = tall ? matrix(U_entries_) : matrix(U_entries_).transposed();
    auto H = small_side();
    const auto start = std::chrono::steady_clock::now();
    if (H.empty())
      polar(la, X, U, plan_);
    else
      polar(la, X, U, H, plan_);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  /// Writes U, and H if it was asked for.
  void write(const std::filesystem::path& u_path, const std::filesystem::path& h_path) {
    write_npy(u_path, MatrixView<const T>(matrix(U_entries_)));
    if (!H_entries_.empty()) write_npy(h_path, MatrixView<const T>(small_side()));
  }

 private:
  MatrixView<T> matrix(std::vector<T>& entries) const {
    return order_ == StorageOrder::row_major ? row_major(entries.data(), rows_, cols_)
                                             : column_major(entries.data(), rows_, cols_);
  }
  MatrixView<T> small_side() {
    const Index side = H_entries_.empty() ? 0 : std::min(rows_, cols_);
    return column_major(H_entries_.data(), side, side);
  }

  std::vector<T> X_entries_, U_entries_, H_entries_;
  Index rows_, cols_;
  StorageOrder order_;
  PreparedPolar plan_;
};

}  // namespace steepest::bench
