#pragma once
// An optimizer is a row of orthogonal parts. A row is a plain value: take one from the table, change what differs.
//
// One step of a parameter W with gradient G, clipping factor f and step size lr = learning_rate times the schedule:
//   gradient    X = f G, or f G + weight_decay W
//   statistics  M from X, read out as R         (order momentum_first; polar_first maps X and averages D)
//   map         D = the direction of R
//   scale       c(shape) or c <R, D>
//   step        W = (1 - lr weight_decay) W - lr c D

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "steepest/norm/norm.hpp"
#include "steepest/norm/role.hpp"
#include "steepest/polar/options.hpp"

namespace steepest {

/// First moment with mu = momentum, from zero. Where mu = 0 nothing is kept and R = X.
enum class Moment {
  average,     // M = mu M + (1 - mu) X
  heavy_ball,  // M = mu M + X; the first M is X, as in torch.optim.SGD
};

/// polar_first: D is the map of X, the statistics are taken of D and read out as the step; c sees X and its D.
enum class Order { momentum_first, polar_first };

enum class MapKind {
  identity,  // D = R
  adam,      // D = R / b1 / (sqrt(V / b2) + epsilon), V = beta2 V + (1 - beta2) X^2, b = 1 - beta^steps
  norm,      // D = the duality map of a norm
};

/// c for W of m rows and n columns. The shape factors are for maps with singular values near one.
enum class Scale {
  one,
  keller,            // sqrt(max(1, m / n)): K. Jordan's Muon, torch's adjust_lr_fn "original"
  rms_to_rms,        // sqrt(m / n): the step has RMS -> RMS norm lr
  match_rms_adamw,   // 0.2 sqrt(max(m, n)): entries as large as AdamW's (Liu et al. 2025, arXiv:2502.16982)
  dual_norm,         // <R, D>: steepest descent in this parameter's norm
  shared_dual_norm,  // sum of <R, D> over all parameters with this scale: descent in the largest of their norms
};

enum class Decay {
  decoupled,  // W shrinks by 1 - lr weight_decay before the step
  gradient,   // weight_decay W is added to the clipped gradient (L2)
};

/// Polar factors as duality maps want them: the null part stays 0, and no residual is computed.
constexpr PolarOptions polar_of_map(PolarMethod method = PolarMethod::qdwh) {
  PolarOptions options;
  options.method = method;
  options.rank = Rank::partial;
  options.certificate = Certificate::none;
  return options;
}

/// The row. Members that a row's parts do not read are ignored.
struct Rule {
  std::string_view name;    // static text
  std::string_view source;  // static text
  double learning_rate = 1e-3;
  double weight_decay = 0;
  Decay decay = Decay::decoupled;
  Moment moment = Moment::average;
  double momentum = 0;    // adam: beta1
  bool nesterov = false;  // R = mu M + (1 - mu) X or mu M + X instead of M
  Order order = Order::momentum_first;
  MapKind map = MapKind::identity;
  std::optional<Norm> norm = std::nullopt;  // of the map; none: the norm of the parameter's role
  PolarOptions polar = polar_of_map();
  double beta2 = 0;
  double epsilon = 0;
  bool bias_correction = false;
  Scale scale = Scale::one;
};

/// All rows with their default numbers.
std::span<const Rule> rule_table();
/// The row of this name; std::invalid_argument naming the closest ones otherwise.
const Rule& rule_named(std::string_view name);

/// The norm in which the rule's map measures a parameter of this role, and whether it is that of the transpose.
struct MapNorm {
  Norm norm;
  bool transposed;
};
MapNorm map_norm(const Rule& rule, Role role);

/// True when the direction is the same, bit for bit, for the gradients 2^k G.
bool scale_free(const Rule& rule);
/// True when the scale sees more than the shape.
bool uses_dual_norm(const Rule& rule);
/// c of Scale's shape factors; 1 for the others.
double shape_scale(Scale scale, Index rows, Index cols);

/// A matrix that a rule keeps from step to step: its name, and its shape for a parameter of m x n.
struct Slot {
  std::string_view name;
  Index rows, cols;
};
/// The first moment, if any, then the map's own state.
std::vector<Slot> slots(const Rule& rule, Index rows, Index cols);
bool keeps_momentum(const Rule& rule);

}  // namespace steepest
