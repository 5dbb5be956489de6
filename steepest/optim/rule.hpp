#pragma once
// An optimizer is a row of orthogonal parts. A row is a plain value: take one from the table, change what differs.
//
// One step of a parameter W with gradient G, clipping factor f and step size lr = learning_rate times the schedule:
//   gradient     X = f G, or f G + weight_decay W
//   statistics   M from X, read out as R         (order momentum_first; polar_first maps X and averages D)
//   preparation  R <- equilibrated, whitened, ... R
//   map          D = the direction of R
//   post         D <- D over a second moment of D
//   match        D <- D brought to a norm
//   scale        c(shape) or c <R, D>, times `factor`
//   step size    lr <- lr times what adapts
//   step         W = (1 - lr weight_decay) W - lr c D, or another decay

#include <array>
#include <bitset>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "steepest/norm/norm.hpp"
#include "steepest/norm/role.hpp"
#include "steepest/plan/precision.hpp"
#include "steepest/plan/promise.hpp"
#include "steepest/polar/plan.hpp"

namespace steepest {

/// First moment with mu = momentum, from zero. Where mu = 0 nothing is kept and R = X.
enum class Moment {
  average,         // M = mu M + (1 - mu) X
  heavy_ball,      // M = mu M + X; the first M is X, as in torch.optim.SGD
  double_average,  // R = mu M + (1 - mu) X, then M = beta2 M + (1 - beta2) X (Chen et al. 2023, arXiv:2302.06675)
};

/// polar_first: D is the map of X, the statistics are taken of D and read out as the step; c sees X and its D.
enum class Order { momentum_first, polar_first };

/// What is done to R before the map.
enum class Preparation {
  none,
  sign,              // sign R
  normalize_rows,    // r_i / ||r_i||
  equilibrate,       // r_ij / (||row i|| ||column j||)
  centre_rows,       // r_i - mean r_i
  standardize_rows,  // (r_i - mean r_i) / std r_i
  whiten,            // R / sqrt(V + epsilon), V = beta2 V + (1 - beta2) X^2
  soft_threshold,    // R - S, s_ij = sign(r_ij) max(0, |r_ij| - threshold): what a soft threshold leaves of R
};

enum class MapKind {
  identity,   // D = R
  adam,       // D = R / b1 / (sqrt(V / b2) + epsilon), V = beta2 V + (1 - beta2) X^2, b = 1 - beta^steps
  norm,       // D = the duality map of a norm
  adafactor,  // D = R / sqrt(V), V = r c' / mean r: averages of X^2 over rows and columns
  shampoo,    // D = L^-e R R^-e, L from X X', R from X' X
  soap,       // Adam in the eigenbasis of L and R
  splus,      // D = Q_L sign(Q_L' R Q_R) Q_R'
  asgo,       // D = (V^1/2 + epsilon)^-1 R, V from X X'
  dion,       // D = P Q', one step of power iteration from the last Q
  dion2,      // the polar factor of the rows (or columns) with the largest sums
  sumo,       // the polar factor of the moment in the leading left subspace of X
};

/// c for W of m rows and n columns. The shape factors are for maps with singular values near one.
enum class Scale {
  one,
  keller,            // sqrt(max(1, m / n)): K. Jordan's Muon, torch's adjust_lr_fn "original"
  rms_to_rms,        // sqrt(m / n): the step has RMS -> RMS norm lr
  match_rms_adamw,   // 0.2 sqrt(max(m, n)): entries as large as AdamW's (Liu et al. 2025, arXiv:2502.16982)
  larger_side,       // sqrt(max(m, n)): entries of RMS one
  fan_in,            // 1 / n
  sqrt_fan_out,      // sqrt(m)
  mean_side,         // 2 / (m + n)
  dual_norm,         // <R, D>: steepest descent in this parameter's norm
  shared_dual_norm,  // sum of <R, D> over all parameters with this scale: descent in the largest of their norms
  smoothness,        // <R, D> / (l0 + l1 <R, D>)
};

enum class Decay {
  decoupled,    // W shrinks by 1 - lr weight_decay before the step
  gradient,     // weight_decay W is added to the clipped gradient (L2)
  independent,  // W shrinks by 1 - weight_decay, whatever lr
  constrained,  // W shrinks by 1 - lr: a convex combination with a point of the ball
  after,        // W shrinks by 1 - lr weight_decay after the step
  cautious,     // as decoupled, on the entries where w d >= 0
  hyperball,    // none: W keeps its Frobenius norm rho, W = rho N / ||N||_F, N = W - lr rho D / ||D||_F
};

/// What D is divided by, element by element: sqrt(V) + epsilon with V = beta2 V + (1 - beta2) times ...
enum class Post {
  none,
  row_moment,      // the mean of d^2 over each row
  longer_moment,   // the mean of d^2 along the longer side
  element_moment,  // d^2
  scalar_moment,   // ||X||_F^2, one number; D is multiplied by ||R||_F
};

/// The norm that D is brought to after `post`.
enum class Match {
  none,
  preserve,    // ||D||_F from before `post`
  unit_rms,    // RMS of the entries one
  read_out,    // ||R||_F, before preparation
  clip_rms,    // RMS of the entries at most `threshold`
  polar_norm,  // ||D||_F = sqrt(min(m, n)), that of a polar factor
};

enum class RateKind {
  constant,
  adago,          // lr <- max(least_rate, lr h / v), h = min(||X||_F, threshold), v^2 = v^2 + h^2
  adago_squares,  // v = v + h^2, and with Nesterov lr h is that of R, as pytorch_optimizer 4.1 has it
  relative,       // lr <- min(lr, 1 / sqrt(steps)) max(least_rate, RMS(W))
  prodigy,        // lr <- d lr with the estimated distance d of all parameters together
  schedule_free,  // W goes between a point Z and its average, and `momentum` is where (schedule_free.hpp)
};

/// How norm_epsilon keeps a norm from zero.
enum class Floor { added, clamped };

/// Whose norm the step of shampoo has.
enum class Graft { none, sgd, adagrad, rmsprop, adam };

/// Polar factors as duality maps want them: the null part stays 0, and no residual is computed.
constexpr PolarOptions polar_of_map(PolarMethod method = PolarMethod::qdwh) {
  PolarOptions options;
  options.method = method;
  options.rank = Rank::partial;
  options.certificate = Certificate::none;
  return options;
}

/// How matrices of a step are stored: as the engine's own are, or in bf16.
enum class Storage { own, bf16 };

/// How a moment in bf16 is rounded: to nearest, ties to even; or up or down at random, with the value as mean.
enum class MomentRounding { nearest, stochastic };

/// A list of polynomials instead of the method's own, one for each step.
struct PolynomialList {
  std::array<OddPolynomial, 16> steps{};
  std::size_t count = 0;
};

/// What a plan fixes of a polar factor beside its options.
struct PlannedSteps {
  Index smaller_side = 4096;           // of the matrices that it is for
  std::bitset<100> restarts_before{};  // these steps, counted from 0
};

/// Preconditioners of Kronecker form: L = beta L + (1 - beta) X X', or the sum where beta = 1.
struct Kronecker {
  double beta = 1;
  double exponent = 0.25;    // shampoo: D = L^-exponent R R^-exponent
  double damping = 0;        // shampoo: added to the eigenvalues
  int frequency = 1;         // steps from one refresh to the next
  int largest_side = 10000;  // a longer side keeps the identity
  Graft graft = Graft::none;
};

/// Maps of a part of the matrix.
struct LowRank {
  int rank = 0;            // dion, sumo; 0: the smaller side
  double fraction = 0.25;  // dion2: of the shorter side
};

/// Prodigy's estimate (Mishchenko and Defazio 2023, arXiv:2306.06101).
struct Distance {
  double first = 1e-6;                                      // d of the first step
  double coefficient = 1;                                   // of the estimate
  double growth = std::numeric_limits<double>::infinity();  // most from one step to the next
  double beta3 = -1;                                        // below 0: sqrt(beta2)
  bool safeguard_warmup = false;                            // the denominator without lr
};

/// Weights of the average of Schedule-Free (Defazio et al. 2024, arXiv:2405.15682): t^power (largest lr)^rate_power.
struct PointAverage {
  double power = 0;
  double rate_power = 2;
};

/// The row. Members that a row's parts do not read are ignored.
struct Rule {
  std::string_view name;    // static text
  std::string_view source;  // static text
  double learning_rate = 1e-3;
  double weight_decay = 0;
  Decay decay = Decay::decoupled;
  bool scaled_decay = false;  // after: W shrinks by 1 - lr c weight_decay
  Moment moment = Moment::average;
  double momentum = 0;                                // adam: beta1
  Storage momentum_storage = Storage::own;            // of the first moment from step to step
  MomentRounding rounding = MomentRounding::nearest;  // of a moment in bf16
  std::uint64_t seed = 0;                             // of stochastic rounding
  double dampening = 0;                               // heavy_ball: X enters with 1 - dampening, but the first
  bool nesterov = false;                              // R = mu M + (1 - mu) X or mu M + X instead of M
  bool moment_correction = false;  // R from M / (1 - mu^steps), and X and M each by its own power with Nesterov
  Order order = Order::momentum_first;
  Preparation preparation = Preparation::none;
  MapKind map = MapKind::identity;
  double norm_parameter = 0;                      // p of schatten, k of dual_ky_fan; 0: the usual one
  std::optional<Norm> norm = std::nullopt;        // of the map; none: the norm of the parameter's role
  std::optional<bool> transposed = std::nullopt;  // the map of the transpose; none: as the role says, or not
  PolarOptions polar = polar_of_map();
  PolynomialList polynomials = {};
  Storage factor_storage = Storage::own;               // of what the polar factor is computed of, and of the factor
  bool automatic = false;                              // method auto: a plan has to be followed first (planned.hpp)
  Grade grade = Grade::exact;                          // that the plan has to keep
  std::optional<PlannedSteps> planned = std::nullopt;  // of the plan that is followed
  double norm_epsilon = 0;                             // beside the norms that a map divides by
  Floor floor = Floor::added;
  double beta2 = 0;
  double epsilon = 0;  // adafactor: 0: none, below 0: that of the type
  bool bias_correction = false;
  bool raw_epsilon = false;  // adam: epsilon beside sqrt(V), the corrections outside
  Kronecker kronecker = {};
  LowRank low_rank = {};
  Post post = Post::none;
  Match match = Match::none;
  double threshold = 1;  // of clip_rms, adago and soft_threshold
  Scale scale = Scale::one;
  double factor = 1;         // of the step, beside the scale
  bool adaptive = false;     // c is multiplied by <R, D>
  double dual_exponent = 1;  // dual_norm: c = <R, D>^dual_exponent
  double l0 = 1, l1 = 0;     // smoothness
  RateKind step_size = RateKind::constant;
  double least_rate = 0;    // adago, relative
  double first_sum = 1e-6;  // adago: v before the first step
  Distance distance = {};
  PointAverage average = {};  // schedule_free
};

/// All rows with their default numbers.
std::span<const Rule> rule_table();
/// The row of this name; std::invalid_argument naming the closest ones otherwise.
const Rule& rule_named(std::string_view name);

/// The norm in which the rule's map measures a parameter of this role, and whether it is that of the transpose.
struct MapNorm {
  Norm norm;
  bool transposed;
  double parameter = 0;  // 0: the usual one, or none

  MatrixNorm with_parameter() const { return parameter == 0 ? MatrixNorm(norm) : MatrixNorm(norm, parameter); }
};
MapNorm map_norm(const Rule& rule, Role role);
/// True where the map of a parameter of this role is made of a polar factor.
bool maps_by_polar(const Rule& rule, Role role);

/// The precision of the matrices of the map's polar factor, in an optimizer of matrices of precision `own`.
Precision factor_precision(const Rule& rule, Precision own);

/// The plan of the map's polar factor, epsilon that of the factor's precision. Throws std::invalid_argument for options that contradict, and for method auto, which
/// stands for a plan that is still to be made.
PreparedPolar prepare_map(const Rule& rule, double epsilon);

/// True when the direction is the same, bit for bit, for the gradients 2^k G.
bool scale_free(const Rule& rule);
/// k where the gradients 2^j G give 2^(k j) times the steps of G, bit for bit: 0 of rows that are scale-free, 1 of rows that
/// keep the gradient's magnitude. None where an epsilon, an adaptive rate or rounding sees the scale.
std::optional<int> homogeneity(const Rule& rule);
/// True when the map has an epsilon beside a norm that it divides by.
bool has_floor(const Rule& rule);
/// True when a zero gradient gives a zero step, decay apart.
bool rests_at_zero(const Rule& rule);
/// True when the direction depends on a basis that is arbitrary for singular preconditioners.
bool needs_regular_statistics(const Rule& rule);
/// True when the scale sees more than the shape.
bool uses_dual_norm(const Rule& rule);
/// c of Scale's shape factors; 1 for the others.
double shape_scale(Scale scale, Index rows, Index cols);

/// The part that a slot belongs to, in the order of the slots.
enum class Part { moment, preparation, map, post, step_size };

/// What a slot holds before the first step.
enum class Initial { zero, number, parameter, normal };

/// A matrix that a rule keeps from step to step: its name, and its shape for a parameter of m x n.
struct Slot {
  std::string_view name;
  Index rows, cols;
  Part part = Part::map;
  Initial initial = Initial::zero;
  double number = 0;
};
/// Part after part.
std::vector<Slot> slots(const Rule& rule, Index rows, Index cols);
/// Number of columns that dion and sumo keep for a parameter of m x n, of rows that dion2 maps.
Index kept_rank(const Rule& rule, Index rows, Index cols);
bool keeps_momentum(const Rule& rule);
/// True where the map or the step size keeps a moment in a form of its own, which is not `Part::moment`.
bool averages_apart(const Rule& rule);

}  // namespace steepest
