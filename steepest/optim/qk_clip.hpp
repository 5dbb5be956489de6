#pragma once
// QK-clip: what MuonClip does to the weights of queries and keys after a step.

#include <cmath>

#include "steepest/base/check.hpp"
#include "steepest/engine/engine.hpp"

namespace steepest {

/// The largest logit that is left alone, and the query's share of the factor.
struct QkClip {
  double threshold = 100;
  double share = 0.5;
};

/// A head whose largest logit S of the last forward pass is above the threshold has its weights scaled by
/// gamma = threshold / S: W_q <- gamma^share W_q, W_k <- gamma^(1 - share) W_k, so that its logits shrink by gamma.
/// Returns gamma, 1 where nothing is clipped. Q and K are the head's row blocks of the projections.
/// Throws std::invalid_argument for a logit that is NaN, a threshold not above 0 or a share outside [0, 1].
/// Source: Kimi Team 2025, arXiv:2507.20534, algorithm 1.
template <Engine E>
double qk_clip(E& la, const QkClip& clip, double largest_logit, typename E::Matrix Q, typename E::Matrix K) {
  check(clip.threshold > 0, "[optim] the threshold of QK-clip must be above 0; {} came", clip.threshold);
  check(clip.share >= 0 && clip.share <= 1, "[optim] the share of QK-clip must be in [0, 1]; {} came", clip.share);
  check(!std::isnan(largest_logit), "[optim] the largest logit must be a number; {} came", largest_logit);
  if (largest_logit <= clip.threshold) return 1;
  const double gamma = clip.threshold / largest_logit;
  la.scale(std::pow(gamma, clip.share), Q, Q);
  la.scale(std::pow(gamma, 1 - clip.share), K, K);
  return gamma;
}

}  // namespace steepest
