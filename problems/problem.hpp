#pragma once
// A function of one or several matrices that is to be made small.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "problems/owned_matrix.hpp"
#include "steepest/engine/host.hpp"
#include "steepest/norm/role.hpp"

namespace steepest {

/// One matrix that an optimizer moves.
struct Unknown {
  std::string name;
  Role role = Role::hidden;
  Index rows = 0;
  Index cols = 0;
};

/// The unknowns, or a direction or gradient in their space, in the order of Problem::unknowns().
using Point = std::span<const MatrixView<float>>;

/// A named number about a point, in f64.
using Metric = std::pair<std::string, double>;

/// Computes in f32, as the published experiments do, and judges in f64. One problem serves one run at a time: `start`
/// begins a run.
class Problem {
 public:
  virtual ~Problem() = default;

  virtual std::vector<Unknown> unknowns() const = 0;

  /// Fills X with the start of this seed, and starts the stream of batches anew where there is one. Equal seeds give
  /// every optimizer the same start and the same batches.
  virtual void start(std::uint32_t seed, Point X) = 0;

  /// f(X) and its gradient, by the matrices that the optimizer sees; a stochastic problem draws its next batch for it.
  virtual double evaluate(Host<float>& la, Point X, Point G) = 0;

  /// f(X) less its optimum where that is known, f(X) elsewhere, without loss of digits by the difference; of the batch
  /// of the last `evaluate` where there are batches. For line searches and records.
  virtual double excess(Host<float>& la, Point X) = 0;

  /// The same at the point of the last `evaluate`, which returned `value`.
  virtual double gap(Host<float>& /*la*/, Point /*X*/, double value) { return value; }

  /// Whether `excess` is measured from a known optimum. Otherwise Polyak's step is not to be had.
  virtual bool knows_optimum() const { return false; }
  virtual bool stochastic() const { return false; }
  /// The part of its samples that one batch has, in (0, 1].
  virtual double batch_share() const { return 1; }

  /// Moves X to the nearest point that is allowed. Optimizers call it after every step.
  virtual void project(Point) const {}

  /// The residual matrix of the last `evaluate`, of which the papers plot the condition number; empty where there is
  /// none.
  virtual MatrixView<float> residual() { return {}; }

  /// D = the Newton direction of the gradient G; false where the problem does not offer one.
  virtual bool newton_direction(Host<float>&, Point /*G*/, Point /*D*/) { return false; }

  /// What is to be told of a final point besides f: over all data where `evaluate` saw a batch.
  virtual std::vector<Metric> metrics(Host<float>&, Point) { return {}; }
};

/// Memory for a point of these shapes.
class OwnedPoint {
 public:
  explicit OwnedPoint(const std::vector<Unknown>& shapes);
  operator Point() const { return views_; }  // NOLINT(google-explicit-constructor): it is one
  const MatrixView<float>& operator[](std::size_t i) const { return views_[i]; }
  std::size_t size() const { return views_.size(); }

 private:
  std::vector<OwnedMatrix<float>> matrices_;
  std::vector<MatrixView<float>> views_;
};

/// Y = X.
void copy(Host<float>& la, Point X, Point Y);
/// Y = X - step D; Y may be X.
void move(Host<float>& la, Point X, double step, Point D, Point Y);
/// <X, Y> over all unknowns.
double dot(Host<float>& la, Point X, Point Y);

}  // namespace steepest
