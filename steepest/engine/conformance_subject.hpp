#pragma once
// The fixture of the conformance suite: how a test gets matrices into an engine and out of it.
//
// A subject S is an engine with its conversions:
//   Engine, batch, gram_epsilon      the engine; matrices in a batch; spacing of 1 in the storage of a Gram
//   smallest, exponent               the least positive number of a Matrix; entries 2^(+-exponent) are harmless in it
//   engine()                         the engine under test
//   matrix(Batch, Layout), gram(Batch), scalar(Numbers)     into the engine, rounded to its storage; kept until the end
//   read(Matrix), read_gram(Gram), read_scalar(Scalar), read_gate(Gate)                                  out of it
//   padding_intact()                 whether nothing was written between the lines of padded matrices

#include <gtest/gtest.h>

#include <cmath>

#include "steepest/base/random.hpp"
#include "steepest/engine/conformance_reference.hpp"
#include "steepest/engine/engine.hpp"

namespace steepest::conformance {

/// How the entries lie in memory; padded means that lines are longer than the matrix.
enum class Layout { columns, rows, padded_columns, padded_rows };

inline Layout layout_of(Index k) { return static_cast<Layout>(k % 4); }

template <class S>
class EngineTest : public ::testing::Test {
 protected:
  using E = typename S::Engine;
  using Matrix = typename E::Matrix;
  using Gram = typename E::Gram;
  using Scalar = typename E::Scalar;
  using Gate = typename E::Gate;

  /// A matrix of the engine and what is in it.
  struct Sample {
    Matrix view;
    Batch values;
  };
  struct GramSample {
    Gram view;
    Batch values;
  };

  static inline const double eps = E::epsilon();
  static constexpr double gram_eps = S::gram_epsilon;

  void TearDown() override { EXPECT_TRUE(subject.padding_intact()) << "written outside the matrix"; }

  /// One matrix for each of the batch; f(i, j) is called afresh for each.
  template <class F>
  Batch batch_of(Index m, Index n, F&& f) {
    Batch result;
    for (Index i = 0; i < S::batch; ++i) result.push_back(generate(m, n, f));
    return result;
  }
  /// Entries of either sign and of magnitude 1/2 .. 2.
  Batch random_batch(Index m, Index n) {
    return batch_of(m, n, [this](Index, Index) {
      const double magnitude = 0.5 + 1.5 * numbers.uniform();
      return numbers.bits() % 2 == 0 ? magnitude : -magnitude;
    });
  }
  Sample sample(const Batch& values, Layout layout = Layout::columns) {
    const Matrix view = subject.matrix(values, layout);
    return {view, subject.read(view)};
  }
  Sample random(Index m, Index n, Layout layout = Layout::columns) { return sample(random_batch(m, n), layout); }
  Sample constant(Index m, Index n, double c) { return sample(Batch(S::batch, Dense(m, n, c))); }
  /// An output, full of NaN, which no result may contain.
  Matrix blank(Index m, Index n, Layout layout = Layout::columns) {
    return subject.matrix(Batch(S::batch, Dense(m, n, std::nan(""))), layout);
  }

  GramSample gram_sample(const Batch& values) {
    const Gram view = subject.gram(values);
    return {view, subject.read_gram(view)};
  }
  GramSample random_symmetric(Index s) {
    return gram_sample(map([](const Dense& A) { return combined(0.5, A, 0.5, transposed(A)); }, random_batch(s, s)));
  }
  /// M M' / s + I, well conditioned.
  GramSample random_positive_definite(Index s) {
    return gram_sample(
        map([s](const Dense& M) { return combined(1 / double(s), multiplied(M, transposed(M)), 1, identity(s)); },
            random_batch(s, s)));
  }
  Gram blank_gram(Index s) { return subject.gram(Batch(S::batch, Dense(s, s, std::nan("")))); }

  Batch read(const Matrix& X) { return subject.read(X); }
  Batch read_gram(const Gram& A) { return subject.read_gram(A); }
  Numbers read_scalar(const Scalar& s) { return subject.read_scalar(s); }
  Scalar scalar(const Numbers& s) { return subject.scalar(s); }
  /// Another number for each of the batch: c, 2 c, 3 c, ...
  Numbers multiples(double c) {
    Numbers result;
    for (Index i = 0; i < S::batch; ++i) result.push_back(c * static_cast<double>(i + 1));
    return result;
  }
  Gate open_gate() { return la.finite_gate(la.frobenius(constant(2, 2, 1).view)); }
  Gate closed_gate() { return la.finite_gate(la.frobenius(constant(2, 2, std::nan("")).view)); }

  S subject;
  E& la = subject.engine();
  Random numbers{20260117};
};

}  // namespace steepest::conformance
