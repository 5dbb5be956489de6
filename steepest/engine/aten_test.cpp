// What the engine of libtorch promises beyond the conformance suite: no verb reads the device, every tensor that a verb
// makes lies on the device of its input, and parameters are written in place without a trace in autograd.

#include "steepest/engine/aten.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "steepest/engine/aten_operator_trace.hpp"

namespace steepest {
namespace {

/// Inputs of every verb: batches of two matrices, with scalars and a gate on the device.
template <class T>
struct Inputs {
  static constexpr Index s = 3;
  explicit Inputs(at::Device device)
      : options(at::TensorOptions(c10::CppTypeToScalarType<T>::value).device(device)), la(device) {}

  TensorBatch matrix(Index m, Index n) const { return Aten<T>::view(at::ones({2, m, n}, options)); }
  TensorBatch gram() const {
    const at::ScalarType type = options.dtype() == at::kDouble ? at::kDouble : at::kFloat;
    return TensorBatch(at::eye(s, options.dtype(type)).expand({2, s, s}).contiguous());
  }

  at::TensorOptions options;
  Aten<T> la;
  TensorScalar known = 0.5;
  TensorScalar scalar{at::full({2, 1, 1}, 0.5, options.dtype(at::kDouble))};
  TensorGate gate{at::ones({1, 1, 1}, options.dtype(at::kBool))};
  TensorBatch X = matrix(s, 5), Y = matrix(s, 5), Z = matrix(s, 5);
  TensorBatch tall = matrix(5, s), square = matrix(s, s), row = matrix(1, s);
  TensorBatch A = gram(), B = gram(), C = gram();
};

template <class T>
struct Verb {
  const char* name;
  std::function<void(Inputs<T>&)> run;
};

template <class T>
std::vector<Verb<T>> verbs_of_engine() {
  using In = Inputs<T>&;
  return {
      {"product", [](In t) { t.la.product(2, t.A, t.X, 0.5, t.Y, t.Z); }},
      {"product of matrices", [](In t) { t.la.product(2, t.square, t.X, 0.5, t.Y, t.Z); }},
      {"product without terms", [](In t) { t.la.product(0, t.A, t.X, 0, t.Y, t.Z); }},
      {"gram", [](In t) { t.la.gram(t.X, t.A); }},
      {"symmetric_square", [](In t) { t.la.symmetric_square(2, t.A, 0.5, t.B, t.C); }},
      {"symmetric_product", [](In t) { t.la.symmetric_product(2, t.A, t.B, 0.5, t.C, t.C); }},
      {"copy", [](In t) { t.la.copy(t.X, t.Y); }},
      {"scale", [](In t) { t.la.scale(t.scalar, t.X, t.Y); }},
      {"scale by a known number", [](In t) { t.la.scale(t.known, t.X, t.Y); }},
      {"add", [](In t) { t.la.add(t.scalar, t.X, t.scalar, t.Y, t.Z); }},
      {"add with known numbers", [](In t) { t.la.add(t.known, t.X, t.known, t.Y, t.Z); }},
      {"add_identity", [](In t) { t.la.add_identity(2, t.A); }},
      {"symmetrize", [](In t) { t.la.symmetrize(t.square); }},
      {"fill", [](In t) { t.la.fill(2, t.X); }},
      {"dot", [](In t) { t.la.dot(t.X, t.Y); }},
      {"frobenius", [](In t) { t.la.frobenius(t.X); }},
      {"max_abs", [](In t) { t.la.max_abs(t.X); }},
      {"one_norm", [](In t) { t.la.one_norm(t.X); }},
      {"trace", [](In t) { t.la.trace(t.A); }},
      {"abs_sum", [](In t) { t.la.abs_sum(t.X); }},
      {"row_norm_sum", [](In t) { t.la.row_norm_sum(t.X); }},
      {"row_norm_max", [](In t) { t.la.row_norm_max(t.X); }},
      {"reciprocal", [](In t) { t.la.reciprocal(t.scalar); }},
      {"square_root", [](In t) { t.la.square_root(t.scalar); }},
      {"absolute", [](In t) { t.la.absolute(t.scalar); }},
      {"power_of_two", [](In t) { t.la.power_of_two(t.scalar); }},
      {"arithmetic", [](In t) { t.scalar = 2 * t.scalar - t.scalar * t.scalar + t.known; }},
      {"reading, not yet read", [](In t) { t.la.reading(t.scalar); }},
  };
}

template <class T>
std::vector<Verb<T>> verbs_of_factor_and_elementwise_engines() {
  using In = Inputs<T>&;
  return {
      {"cholesky", [](In t) { t.la.cholesky(t.A, t.B); }},
      {"inverse", [](In t) { t.la.inverse(t.A, t.B); }},
      {"solve_cholesky", [](In t) { t.la.solve_cholesky(t.A, t.tall); }},
      {"solve_triangular", [](In t) { t.la.solve_triangular(t.A, t.tall); }},
      {"triangular_inverse", [](In t) { t.la.triangular_inverse(t.A, t.B); }},
      {"triangular_product", [](In t) { t.la.triangular_product(2, t.tall, t.A, 0.5, t.tall, t.tall); }},
      {"qr", [](In t) { t.la.qr(t.tall, t.tall, t.A); }},
      {"qr_factors", [](In t) { t.la.qr_factors(t.tall, t.tall, t.tall, t.A); }},
      {"multiply_by_q", [](In t) { t.la.multiply_by_q(t.tall, t.tall, t.square, t.tall); }},
      {"pivoted_qr", [](In t) { t.la.pivoted_qr(t.tall, t.tall, t.A, t.row); }},
      {"indicator", [](In t) { t.la.indicator(t.X, t.scalar, t.Y); }},
      {"indicator of a known number", [](In t) { t.la.indicator(t.X, t.known, t.Y); }},
      {"power", [](In t) { t.la.power(1.5, t.X, t.Y); }},
      {"scale_columns", [](In t) { t.la.scale_columns(t.row, t.square, t.square); }},
      {"random_normal", [](In t) { t.la.random_normal(1, t.X); }},
      {"finite_gate", [](In t) { t.la.finite_gate(t.scalar); }},
      {"both", [](In t) { t.la.both(t.gate, t.gate); }},
      {"surely_closed", [](In t) { t.la.surely_closed(t.gate); }},
      {"advance", [](In t) { t.la.advance(t.gate, t.scalar); }},
      {"advance from a known number", [](In t) { t.la.advance(t.gate, 3); }},
      {"one_minus_power", [](In t) { t.la.one_minus_power(0.9, t.scalar); }},
      {"accumulate", [](In t) { t.la.accumulate(t.gate, t.scalar, t.Y, t.known, t.X); }},
      {"decay_and_subtract", [](In t) { t.la.decay_and_subtract(t.gate, t.known, t.Y, t.scalar, t.X); }},
      {"accumulate_square", [](In t) { t.la.accumulate_square(t.gate, 0.9, t.Y, t.scalar, t.X); }},
      {"adam_direction", [](In t) { t.la.adam_direction(t.scalar, t.X, t.known, t.Y, 1e-8, t.Z); }},
      {"sign", [](In t) { t.la.sign(t.X, t.Y); }},
      {"normalize_rows", [](In t) { t.la.normalize_rows(1, t.X, t.Y); }},
      {"normalize_columns", [](In t) { t.la.normalize_columns(1, t.X, t.Y); }},
  };
}

template <class T>
class AtenTest : public ::testing::Test {
 protected:
  /// f(verb, inputs made for it).
  template <class F>
  static void for_each_verb(at::Device device, F f) {
    for (const auto& list : {verbs_of_engine<T>(), verbs_of_factor_and_elementwise_engines<T>()})
      for (const Verb<T>& verb : list) {
        Inputs<T> inputs(device);
        f(verb, inputs);
      }
  }
};
using StorageTypes = ::testing::Types<double, float, c10::BFloat16>;
TYPED_TEST_SUITE(AtenTest, StorageTypes);

TYPED_TEST(AtenTest, no_verb_reads_the_device) {
  this->for_each_verb(at::kCPU, [](const auto& verb, auto& inputs) {
    const OperatorTrace trace;
    verb.run(inputs);
    EXPECT_EQ(trace.reads(), 0) << verb.name;
  });
  const Inputs<TypeParam> inputs(at::kCPU);
  const OperatorTrace trace;
  Aten<TypeParam> la;
  EXPECT_EQ(la.reading(la.max_abs(inputs.X)).get(), 1);
  EXPECT_GT(trace.reads(), 0) << "the count sees a read";
}

TYPED_TEST(AtenTest, verbs_keep_to_the_device_of_their_inputs) {
  // Tensors of the device "meta" have no values: a read throws, and so does an operation with a CPU tensor. A few
  // operations of libtorch 2.13 (frexp, where.out, abs.out, logical_and.out, linalg_solve_triangular) have no kernel
  // for it; the verbs that use them are followed that far.
  std::vector<std::string> stopped;
  this->for_each_verb(at::kMeta, [&](const auto& verb, auto& inputs) {
    try {
      verb.run(inputs);
    } catch (const c10::NotImplementedError& missing) {
      SUCCEED() << missing.what_without_backtrace();
    } catch (const std::exception& refused) {
      stopped.emplace_back(verb.name);
    }
  });
  EXPECT_THAT(stopped, ::testing::IsEmpty());
  Inputs<TypeParam> inputs(at::kMeta);
  const Inputs<TypeParam> elsewhere(at::kCPU);
  EXPECT_ANY_THROW(inputs.la.reading(inputs.scalar).get());
  EXPECT_ANY_THROW(inputs.la.add(1, inputs.X, 1, elsewhere.Y, inputs.Z));
}

TYPED_TEST(AtenTest, scratch_lies_beside_its_matrix_and_grams_have_at_least_24_bits) {
  const Inputs<TypeParam> inputs(at::kMeta);
  auto frame = inputs.la.frame();
  const bool wide = std::is_same_v<TypeParam, double>;
  EXPECT_EQ(frame.gram_of(inputs.X).type(), wide ? at::kDouble : at::kFloat);
  EXPECT_EQ(frame.matrix_like(inputs.X).type(), inputs.X.type());
  EXPECT_EQ(frame.gram(inputs.X, 2).tensor().device(), at::Device(at::kMeta));
}

TYPED_TEST(AtenTest, parameters_are_written_in_place_outside_autograd) {
  const auto type = c10::CppTypeToScalarType<TypeParam>::value;
  for (const bool by_columns : {false, true}) {
    at::Tensor W = at::ones({4, 6}, type);
    if (by_columns) W = at::ones({6, 4}, type).t();
    W.requires_grad_();
    const auto X = Aten<TypeParam>::view(at::ones({4, 6}, type));
    const auto view = Aten<TypeParam>::view(W);
    Aten<TypeParam> la;
    la.decay_and_subtract(la.finite_gate(la.frobenius(X)), 0.5, view, 2, X);
    EXPECT_TRUE(W.eq(-1.5).all().template item<bool>());
    EXPECT_TRUE(W.is_leaf() && W.requires_grad());
    EXPECT_FALSE(la.frobenius(view).tensor().requires_grad());
  }
}

TEST(Aten, dot_of_huge_and_tiny_entries_keeps_every_bit) {
  // <(2^1000, m 2^940), (0, 2^-1000)> = m 2^-60 with m = 1 + 2^-52: m 2^-60 2^-1000 on the way would lose the 2^-52.
  const double m = 1 + 0x1p-52;
  at::Tensor X = at::full({1, 2}, 0x1p1000, at::kDouble);
  at::Tensor Y = at::full({1, 2}, 0x1p-1000, at::kDouble);
  X.select(1, 1).fill_(m * 0x1p940);
  Y.select(1, 0).fill_(0);
  Aten<double> la;
  EXPECT_EQ(la.reading(la.dot(TensorBatch(X), TensorBatch(Y))).get(), m * 0x1p-60);
  EXPECT_EQ(la.reading(la.dot(TensorBatch(Y), TensorBatch(X))).get(), m * 0x1p-60);
}

TEST(Aten, names_its_device_and_type) {
  EXPECT_EQ(Aten<double>().name(), "aten cpu f64");
  EXPECT_EQ(Aten<float>(at::kMeta).name(), "aten meta f32");
  EXPECT_EQ(Aten<c10::BFloat16>().name(), "aten cpu bf16");
}

TEST(Aten, view_takes_tensors_of_at_most_three_dimensions_and_its_own_type) {
  EXPECT_EQ(Aten<float>::view(at::ones({})).rows(), 1);
  EXPECT_EQ(Aten<float>::view(at::ones({5})).cols(), 5);
  EXPECT_EQ(Aten<float>::view(at::ones({7, 4, 5})).batch(), 7);
  const auto message_of = [](const at::Tensor& tensor) -> std::string {
    try {
      Aten<c10::BFloat16>::view(tensor);
    } catch (const std::invalid_argument& refused) {
      return refused.what();
    }
    return "taken";
  };
  EXPECT_EQ(message_of(at::ones({2, 2})), "[aten] a matrix must be of type bf16; Float came");
  EXPECT_EQ(message_of(at::ones({1, 2, 3, 4}, at::kBFloat16)),
            "[aten] a matrix must have at most 3 dimensions; 4 came");
}

}  // namespace
}  // namespace steepest
