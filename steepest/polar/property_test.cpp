// Properties of the polar factor f on thousands of random matrices (random_cases.hpp), for every method. The mathematics:
//   f(cA) = f(A) for c > 0;  f(A') = f(A)';  f(QA) = Q f(A) for orthogonal Q;  f([A 0; 0 0]) = [f(A) 0; 0 0];  f(f(A)) = f(A),
// and a report says what a reader of U would find. Where two computations round differently the factors may differ by
// the condition of f, ||dU|| <= 2/(sigma_min + sigma_min') ||dA||, times their backward errors. A failure prints seed and
// case; STEEPEST_SEED=clock draws anew.
#include <gtest/gtest.h>

#include <array>

#include "steepest/polar/gram_halley_error.hpp"
#include "steepest/polar/polar.hpp"
#include "steepest/polar/random_cases.hpp"

namespace steepest {
namespace {

constexpr Index methods = static_cast<Index>(PolarMethod::svd) + 1;

/// ||A - B||_F / sqrt(s), s the smaller side.
template <class T>
double distance(const MatrixView<T>& A, const MatrixView<T>& B) {
  double sum = 0;
  for (Index i = 0; i < A.rows; ++i)
    for (Index j = 0; j < A.cols; ++j) sum += std::pow(static_cast<double>(A(i, j)) - static_cast<double>(B(i, j)), 2);
  return std::sqrt(sum / static_cast<double>(std::min(A.rows, A.cols)));
}

template <class T>
bool same_bits(const MatrixView<T>& A, const MatrixView<T>& B) {
  for (Index i = 0; i < A.rows; ++i)
    for (Index j = 0; j < A.cols; ++j)
      if (!(A(i, j) == B(i, j))) return false;
  return true;
}

/// Dense matrices in long double, by the definitions alone: what checks the library shares no line with it.
struct Plain {
  Index rows, cols;
  std::vector<long double> entries;

  Plain(Index m, Index n) : rows(m), cols(n), entries(static_cast<std::size_t>(m * n)) {}
  long double& operator()(Index i, Index j) { return entries[static_cast<std::size_t>(i + j * rows)]; }
  long double operator()(Index i, Index j) const { return entries[static_cast<std::size_t>(i + j * rows)]; }
};

/// X / 2^exponent.
template <class T>
Plain plain(const MatrixView<T>& X, int exponent = 0) {
  Plain A(X.rows, X.cols);
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j) A(i, j) = std::ldexp(static_cast<long double>(X(i, j)), -exponent);
  return A;
}

/// A'B.
Plain cross(const Plain& A, const Plain& B) {
  Plain C(A.cols, B.cols);
  for (Index i = 0; i < A.cols; ++i)
    for (Index j = 0; j < B.cols; ++j)
      for (Index k = 0; k < A.rows; ++k) C(i, j) += A(k, i) * B(k, j);
  return C;
}

/// ||A - B C||_F, C symmetric.
long double residual(const Plain& A, const Plain& B, const Plain& C) {
  long double sum = 0;
  for (Index i = 0; i < A.rows; ++i)
    for (Index j = 0; j < A.cols; ++j) {
      long double r = A(i, j);
      for (Index k = 0; k < B.cols; ++k) r -= B(i, k) * C(k, j);
      sum += r * r;
    }
  return std::sqrt(sum);
}

double norm(const Plain& A) {
  long double sum = 0;
  for (const long double a : A.entries) sum += a * a;
  return static_cast<double>(std::sqrt(sum));
}

struct Residuals {
  double orthogonality, backward_error, asymmetry;
};

/// The residuals of a report from X and U alone.
template <class T>
Residuals recomputed(const MatrixView<T>& X, const MatrixView<T>& U, Rank rank, double count) {
  int exponent = 0;
  for (Index i = 0; i < X.rows; ++i)
    for (Index j = 0; j < X.cols; ++j)
      if (X(i, j) != 0) exponent = std::max(exponent == 0 ? -5000 : exponent, std::ilogb(X(i, j)));
  const bool tall = X.rows >= X.cols;
  const Plain A = plain(tall ? X : X.transposed(), exponent), B = plain(tall ? U : U.transposed());
  const Index s = A.cols;
  const Plain W = cross(B, A);
  Plain G = cross(B, B), H(s, s), skew(s, s);
  for (Index i = 0; i < s; ++i)
    for (Index j = 0; j < s; ++j) {
      H(i, j) = (W(i, j) + W(j, i)) / 2;
      skew(i, j) = W(i, j) - W(j, i);
    }
  const double size = norm(A) == 0 ? 1 : norm(A);
  Residuals r{0, static_cast<double>(residual(A, B, H)) / size, norm(skew) / size};
  if (rank == Rank::partial) {
    r.orthogonality = static_cast<double>(residual(B, B, G)) / std::sqrt(std::max(1.0, count));
  } else {
    for (Index i = 0; i < s; ++i) G(i, i) -= 1;
    r.orthogonality = norm(G) / std::sqrt(static_cast<double>(s));
  }
  return r;
}

/// What the steps of the plan make of one singular value, or the steepest rung of a ladder.
double scalar_map(const PreparedPolar& plan, double x) {
  if (!plan.polynomials.empty()) return evaluate(plan.polynomials, x);
  if (!plan.ladder.rungs.empty()) return evaluate(plan.ladder.in_use().back().step, x);
  for (const HalleyStep& step : plan.halley) x *= (step.a + step.b * x * x) / (1 + step.c * x * x);
  return x;
}

/// The largest slope of the scalar map on [lower, 1], which is its condition in the Frobenius norm.
double largest_slope(const PreparedPolar& plan, double lower) {
  constexpr double h = 1e-7;
  double slope = scalar_map(plan, lower) / lower;
  for (double x = lower; x <= 1; x *= 1.005)
    slope = std::max(slope, std::abs(scalar_map(plan, x * (1 + h)) - scalar_map(plan, x)) / (x * h));
  return slope;
}

double largest_kappa(PolarMethod method, double epsilon) {
  if (method == PolarMethod::gram_eigh) return 1e-2 / std::sqrt(epsilon);
  return takes_steps(method) ? 100 : 1e-2 / epsilon;
}

template <class T>
class PropertyTest : public testing::Test {
 protected:
  Host<T> la;
  RandomCases<T> cases{property_seed()};
  double epsilon = Host<T>::epsilon();

  void SetUp() override { std::printf("STEEPEST_SEED=%llu\n", static_cast<unsigned long long>(property_seed())); }

  /// One plan per method, as for a step over many matrices.
  const PreparedPolar& plan(PolarMethod method, Rank rank) {
    auto& slot = plans_[static_cast<std::size_t>(method)][rank == Rank::partial ? 1 : 0];
    if (slot.tolerance < 0) slot = prepare_polar({.method = method, .rank = rank}, epsilon);
    return slot;
  }

  OwnedMatrix<T> factor(const MatrixView<T>& X, const PreparedPolar& plan) {
    OwnedMatrix<T> U(X.rows, X.cols);
    auto view = U.view();
    polar(la, X, view, plan);
    return U;
  }

  // 10 kappa eps for methods that keep the backward error of rounding, kappa^2 for the Gram's eigendecomposition, and the
  // largest slope on the spectrum for methods that take steps, whose scalar map is not the sign. Both factors of a
  // comparison may be off by what is proved of gram_halley and gram_zolotarev. Null directions take rounding times the slope at 0 with them.
  double forward_bound(const PreparedPolar& plan, double kappa, bool has_null) {
    const PolarMethod method = plan.options.method;
    if (method == PolarMethod::gram_eigh) return (10 * kappa * kappa + 25) * epsilon;
    if (!takes_steps(method)) return (10 * kappa + 25) * epsilon;
    auto& slopes = slopes_[static_cast<std::size_t>(method)];
    if (slopes[0] == 0) slopes = {largest_slope(plan, 1 / (100 * std::sqrt(40.0))), largest_slope(plan, 1e-7)};
    double proved =
        method == PolarMethod::gram_halley ? gram_halley_error(plan.halley, plan.restarts, 2 * epsilon).error : 0;
    for (const ZolotarevRung& rung : plan.ladder.in_use())
      proved = std::max(proved, gram_zolotarev_error(rung.step.scale, rung.step.terms, 2 * epsilon));
    return (10 * slopes[0] + 25 + (has_null ? 2 * slopes[1] : 0)) * epsilon + 2 * proved;
  }

  /// visit(number, method, what to print) for this many cases, the methods in turn.
  template <class Visit>
  void for_cases(Index first, Index count, Visit visit) {
    for (Index number = first; number < first + count && !this->HasFailure(); ++number)
      visit(number, static_cast<PolarMethod>(number % methods));
  }

 private:
  static PreparedPolar no_plan() {
    PreparedPolar none;
    none.tolerance = -1;
    return none;
  }
  std::array<std::array<double, 2>, methods> slopes_{};  // on the spectra of the tests, and on all of (0, 1]
  std::vector<std::array<PreparedPolar, 2>> plans_{static_cast<std::size_t>(methods), {no_plan(), no_plan()}};
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(PropertyTest, Types);

// What rounding of the sums adds to a residual: each entry of U'U, U'X and U H is a sum of at most 40 products.
double rounding_of_residuals(Index m, Index n, double epsilon) {
  return 2 * std::sqrt(static_cast<double>(std::max(m, n))) * epsilon;
}

TYPED_TEST(PropertyTest, ReportsSayWhatAReaderWouldFind) {
  Index kept = 0, missed = 0;
  this->for_cases(0, 3000, [&](Index number, PolarMethod method) {
    auto drawn = this->cases.any(number);
    Random& random = this->cases.random();
    const Rank rank = random.below(2) == 0 ? Rank::complete : Rank::partial;
    PreparedPolar plan = this->plan(method, rank);
    if (random.below(2) == 0) plan.tolerance = std::pow(10, std::log10(this->epsilon) * random.uniform());
    OwnedMatrix<TypeParam> U(drawn.X.rows, drawn.X.cols);
    auto view = U.view();
    const PolarReport report = polar(this->la, drawn.X, view, plan);
    const auto text = drawn.text + ' ' + std::string(name(method)) + ' ' + std::string(name(rank));
    const Residuals found = recomputed(drawn.X, view, rank, report.rank.get());
    const double noise = rounding_of_residuals(drawn.X.rows, drawn.X.cols, this->epsilon);
    const auto agree = [&](double told, double seen, const char* what) {
      EXPECT_NEAR(told, seen, noise + 1e-3 * seen) << text << ' ' << what;
    };
    agree(report.orthogonality.get(), found.orthogonality, "orthogonality");
    agree(report.backward_error.get(), found.backward_error, "backward error");
    agree(report.asymmetry.get(), found.asymmetry, "asymmetry");
    // The backward error of a partial isometry has besides what is left out by definition.
    const double worst = std::max(found.orthogonality, found.backward_error - report.left_out.get());
    if (plan.tolerance == 0) return;
    ++(report.meets_tolerance() ? kept : missed);
    if (report.meets_tolerance())
      EXPECT_LE(worst, 1.001 * plan.tolerance + noise) << text;
    else
      EXPECT_GT(worst, 0.999 * plan.tolerance - noise) << text;
  });
  EXPECT_GT(kept, 100);
  EXPECT_GT(missed, 100) << "tolerances that are missed were to be seen";
}

// Methods that run to convergence keep 50 eps/2 on every case; only the Gram's eigendecomposition may miss it. A partial
// isometry leaves out what is null by definition, singular values up to max(m, n) eps ||X||_2.
TYPED_TEST(PropertyTest, ConvergedMethodsKeepFiftyRoundoffsAndTheRank) {
  this->for_cases(10'000, 1500, [&](Index number, PolarMethod method) {
    if (takes_steps(method) || method == PolarMethod::gram_eigh) return;
    auto drawn = this->cases.any(number);
    for (const Rank rank : {Rank::complete, Rank::partial}) {
      OwnedMatrix<TypeParam> U(drawn.X.rows, drawn.X.cols);
      auto view = U.view();
      const PolarReport report = polar(this->la, drawn.X, view, this->plan(method, rank));
      const auto text = drawn.text + ' ' + std::string(name(method)) + ' ' + std::string(name(rank));
      EXPECT_LE(report.orthogonality.get(), 25 * this->epsilon) << text;
      const double left_out = rank == Rank::complete ? 0
                                                     : std::sqrt(static_cast<double>(std::min(U.rows, U.cols))) *
                                                           null_threshold(U.rows, U.cols, this->epsilon);
      EXPECT_LE(report.backward_error.get(), 25 * this->epsilon + left_out) << text;
      if (drawn.rank >= 0 && drawn.kappa < 1e-2 / this->epsilon / 40) {
        EXPECT_EQ(report.rank.get(), static_cast<double>(drawn.rank)) << text;
      }
    }
  });
}

// c = 2^k with |k| <= 900 (f64), 100 (f32), as far as every nonzero entry stays a normal number.
TYPED_TEST(PropertyTest, PowersOfTwoChangeNoBit) {
  using Limits = std::numeric_limits<TypeParam>;
  this->for_cases(20'000, 1500, [&](Index number, PolarMethod method) {
    auto drawn = this->cases.any(number);
    const Index reach = sizeof(TypeParam) == 8 ? 900 : 100;
    int least = 0, most = -Limits::max_exponent;
    for (Index i = 0; i < drawn.X.rows; ++i)
      for (Index j = 0; j < drawn.X.cols; ++j)
        if (drawn.X(i, j) != 0) {
          least = std::min(least, std::ilogb(drawn.X(i, j)));
          most = std::max(most, std::ilogb(drawn.X(i, j)));
        }
    if (least < Limits::min_exponent) return;  // not normal to begin with
    const Index low = std::max<Index>(-reach, Limits::min_exponent - 1 - least);
    const Index high = std::min<Index>(reach, Limits::max_exponent - 2 - most);
    const auto k = static_cast<int>(
        low + static_cast<Index>(this->cases.random().below(static_cast<std::uint64_t>(high - low + 1))));
    const Rank rank = this->cases.random().below(2) == 0 ? Rank::complete : Rank::partial;
    auto U = this->factor(drawn.X, this->plan(method, rank));
    for (Index i = 0; i < drawn.X.rows; ++i)
      for (Index j = 0; j < drawn.X.cols; ++j) drawn.X(i, j) = std::ldexp(drawn.X(i, j), k);
    auto V = this->factor(drawn.X, this->plan(method, rank));
    EXPECT_TRUE(same_bits(U.view(), V.view())) << drawn.text << ' ' << name(method) << " 2^" << k;
  });
}

// The front door turns the small side: what it hands to a method is the same view. In place as well as elsewhere.
TYPED_TEST(PropertyTest, OrientationAndPlaceChangeNoBit) {
  this->for_cases(30'000, 1500, [&](Index number, PolarMethod method) {
    auto drawn = this->cases.any(number);
    const auto& X = drawn.X;
    const PreparedPolar& plan = this->plan(method, Rank::complete);
    auto U = this->factor(X, plan);
    if (X.rows != X.cols) {
      OwnedMatrix<TypeParam> V(X.rows, X.cols);
      auto transposed = V.view().transposed();
      polar(this->la, X.transposed(), transposed, plan);
      EXPECT_TRUE(same_bits(U.view(), V.view())) << drawn.text << ' ' << name(method);
    }
    OwnedMatrix<TypeParam> in_place(X.rows, X.cols);
    auto view = in_place.view();
    this->la.copy(X, view);
    const auto elsewhere = this->factor(view, plan);
    polar(this->la, view, view, plan);
    EXPECT_EQ(elsewhere.entries, in_place.entries) << drawn.text << ' ' << name(method);
  });
}

TYPED_TEST(PropertyTest, BatchesEqualLoopsBitForBit) {
  constexpr Index size = 8;
  const int threads = omp_get_max_threads();
  omp_set_num_threads(2);
  this->for_cases(40'000, 60, [&](Index number, PolarMethod method) {
    const PreparedPolar& plan = this->plan(method, Rank::complete);
    std::vector<RandomCase<TypeParam>> batch;
    std::vector<OwnedMatrix<TypeParam>> loop, together;
    for (Index i = 0; i < size; ++i) {
      batch.push_back(this->cases.any(number * size + i));
      loop.push_back(this->factor(batch.back().X, plan));
      together.emplace_back(batch.back().X.rows, batch.back().X.cols);
    }
    this->la.each(size, [&](Host<TypeParam>& worker, Index i) {
      auto view = together[static_cast<std::size_t>(i)].view();
      polar(worker, batch[static_cast<std::size_t>(i)].X, view, plan);
    });
    for (std::size_t i = 0; i < size; ++i)
      EXPECT_EQ(loop[i].entries, together[i].entries) << batch[i].text << ' ' << name(method);
  });
  omp_set_num_threads(threads);
}

TYPED_TEST(PropertyTest, FactorsTurnWithTheirMatrix) {
  std::vector<double> worst(static_cast<std::size_t>(methods));
  this->for_cases(50'000, 1500, [&](Index number, PolarMethod method) {
    auto drawn = this->cases.of_full_rank(number, largest_kappa(method, this->epsilon));
    const auto& X = drawn.X;
    const PreparedPolar& plan = this->plan(method, Rank::complete);
    const double bound = this->forward_bound(plan, drawn.kappa, false);
    const auto text = drawn.text + ' ' + std::string(name(method));
    auto U = this->factor(X, plan);
    auto transposed = this->factor(X.transposed(), plan);
    EXPECT_LE(distance(U.view(), transposed.view().transposed()), bound) << text << " transposed";

    auto Q = matrix_with_spectrum<TypeParam>(X.rows, X.rows, geometric_spectrum(X.rows, 1), number);
    OwnedMatrix<TypeParam> turned(X.rows, X.cols), QU(X.rows, X.cols);
    auto QX = turned.view(), product = QU.view();
    this->la.product(1, Q.view(), X, 0, QX, QX);
    this->la.product(1, Q.view(), U.view(), 0, product, product);
    auto of_turned = this->factor(QX, plan);
    const double moved = distance(of_turned.view(), product);
    EXPECT_LE(moved, bound) << text << " turned";
    worst[static_cast<std::size_t>(method)] = std::max(worst[static_cast<std::size_t>(method)], moved / bound);
  });
  for (Index k = 0; k < methods; ++k)
    std::printf("%s: at most %.2f of the bound\n", std::string(name(static_cast<PolarMethod>(k))).c_str(),
                worst[static_cast<std::size_t>(k)]);
}

TYPED_TEST(PropertyTest, PaddingWithZerosPadsTheFactor) {
  this->for_cases(60'000, 1500, [&](Index number, PolarMethod method) {
    auto drawn = this->cases.of_full_rank(number, largest_kappa(method, this->epsilon));
    const auto& X = drawn.X;
    const PreparedPolar& plan = this->plan(method, Rank::partial);
    const Index m = X.rows + static_cast<Index>(this->cases.random().below(9));
    const Index n = X.cols + static_cast<Index>(this->cases.random().below(9));
    OwnedMatrix<TypeParam> padded(m, n);
    auto corner = padded.view().block(0, 0, X.rows, X.cols);
    this->la.copy(X, corner);
    auto U = this->factor(X, plan);
    OwnedMatrix<TypeParam> expected(m, n);
    auto expected_corner = expected.view().block(0, 0, X.rows, X.cols);
    this->la.copy(U.view(), expected_corner);
    auto of_padded = this->factor(padded.view(), plan);
    EXPECT_LE(distance(of_padded.view(), expected.view()), this->forward_bound(plan, drawn.kappa, true))
        << drawn.text << ' ' << name(method) << " padded to " << m << " x " << n;
  });
}

TYPED_TEST(PropertyTest, TheFactorOfAFactorIsItself) {
  this->for_cases(70'000, 1000, [&](Index number, PolarMethod method) {
    auto drawn = this->cases.any(number);
    for (const Rank rank : {Rank::complete, Rank::partial}) {
      const PreparedPolar& plan = this->plan(method, rank);
      OwnedMatrix<TypeParam> U(drawn.X.rows, drawn.X.cols);
      auto view = U.view();
      const PolarReport report = polar(this->la, drawn.X, view, plan);
      if (plan.tolerance == 0 || !report.meets_tolerance()) return;
      auto again = this->factor(view, plan);
      EXPECT_LE(distance(U.view(), again.view()), 10 * this->epsilon + plan.tolerance)
          << drawn.text << ' ' << name(method) << ' ' << name(rank);
    }
  });
}

TYPED_TEST(PropertyTest, EntriesThatAreNotFiniteAreNamed) {
  using Limits = std::numeric_limits<TypeParam>;
  this->for_cases(80'000, 500, [&](Index number, PolarMethod method) {
    auto drawn = this->cases.any(number);
    Random& random = this->cases.random();
    const auto below = [&](Index bound) { return static_cast<Index>(random.below(static_cast<std::uint64_t>(bound))); };
    const Index i = below(drawn.X.rows), j = below(drawn.X.cols);
    const TypeParam wrong[] = {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()};
    drawn.X(i, j) = wrong[below(3)];
    OwnedMatrix<TypeParam> U(drawn.X.rows, drawn.X.cols);
    auto view = U.view();
    const auto entry = "entry (" + std::to_string(i) + ", " + std::to_string(j) + ")";
    try {
      polar(this->la, drawn.X, view, this->plan(method, Rank::complete));
      ADD_FAILURE() << drawn.text << ' ' << name(method) << " took " << entry;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(entry), std::string::npos) << drawn.text << ": " << error.what();
    }
  });
}

// Matrices without entries have no residual that could be broken.
TYPED_TEST(PropertyTest, EmptyMatricesHaveEmptyFactors) {
  this->for_cases(90'000, 100, [&](Index number, PolarMethod method) {
    const Index side = number % 7;
    OwnedMatrix<TypeParam> X(number % 2 == 0 ? 0 : side, number % 2 == 0 ? side : 0), U(X.rows, X.cols);
    auto view = U.view();
    const PolarReport report = polar(this->la, X.view(), view, this->plan(method, Rank::complete));
    EXPECT_EQ(report.rank.get(), 0);
    EXPECT_EQ(report.orthogonality.get(), 0);
    EXPECT_TRUE(report.meets_tolerance());
  });
}

// The checks above see wrong answers: a factor turned by a small rotation, one whose entries are 1e-3 too small, and a
// report that claims another's numbers.
TYPED_TEST(PropertyTest, WrongFactorsAreSeen) {
  for (Index number = 100'000; number < 100'200; ++number) {
    auto drawn = this->cases.of_full_rank(number, 10);
    auto U = this->factor(drawn.X, this->plan(PolarMethod::qdwh, Rank::complete));
    const auto honest = recomputed(drawn.X, U.view(), Rank::complete, 0);
    EXPECT_LE(std::max({honest.orthogonality, honest.backward_error, honest.asymmetry}), 60 * this->epsilon)
        << drawn.text;
    OwnedMatrix<TypeParam> shrunk = U;
    for (TypeParam& x : shrunk.entries) x *= TypeParam(0.999);
    EXPECT_GE(recomputed(drawn.X, shrunk.view(), Rank::complete, 0).orthogonality, 1e-3) << drawn.text;
    EXPECT_GE(recomputed(drawn.X, shrunk.view(), Rank::partial, double(std::min(U.rows, U.cols))).orthogonality, 1e-3);
    if (std::min(U.rows, U.cols) < 2) continue;
    OwnedMatrix<TypeParam> turned = U;  // by 0.01 in the plane of the first two columns (rows) of the small side
    auto V = U.rows >= U.cols ? turned.view() : turned.view().transposed();
    for (Index i = 0; i < V.rows; ++i) {
      const double a = V(i, 0), b = V(i, 1);
      V(i, 0) = static_cast<TypeParam>(std::cos(0.01) * a + std::sin(0.01) * b);
      V(i, 1) = static_cast<TypeParam>(std::cos(0.01) * b - std::sin(0.01) * a);
    }
    const auto wrong = recomputed(drawn.X, turned.view(), Rank::complete, 0);
    EXPECT_LE(wrong.orthogonality, 60 * this->epsilon) << drawn.text;
    EXPECT_GE(wrong.asymmetry, 1e-4) << drawn.text;
    EXPECT_GE(wrong.backward_error, 5e-5) << drawn.text;
    EXPECT_FALSE(same_bits(turned.view(), U.view()));
    EXPECT_GT(distance(turned.view(), U.view()), 1e-4);
  }
}

}  // namespace
}  // namespace steepest
