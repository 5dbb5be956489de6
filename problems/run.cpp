#include "problems/run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <limits>
#include <numeric>

namespace steepest {
namespace {

constexpr double divergence_factor = 1e3;
constexpr std::size_t tail = 50;

/// Spectra of one matrix along a run.
class SmoothedSpectrum {
 public:
  explicit SmoothedSpectrum(double weight) : nuclear_(weight), condition_(weight) {}
  SpectrumRecord operator()(const Spectrum& now) { return {now, {nuclear_(now.nuclear), condition_(now.condition)}}; }

 private:
  Smoothed nuclear_, condition_;
};

/// w^n over n steps, so that a spectrum forgets at one speed however many steps lie between two of them.
double weight_between_spectra(const RunSettings& settings) {
  return std::pow(settings.smoothing, static_cast<double>(std::max<Index>(1, settings.spectrum_every)));
}

/// Seconds of the parts of a run that count.
class Stopwatch {
 public:
  template <class F>
  auto timed(F f) {
    const auto start = std::chrono::steady_clock::now();
    auto result = f();
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }
  double seconds() const { return seconds_; }

 private:
  double seconds_ = 0;
};

class Run {
 public:
  Run(Problem& problem, const RunSettings& settings)
      : problem_(problem),
        settings_(settings),
        X_(problem.unknowns()),
        G_(problem.unknowns()),
        gradients_(X_.size(), SmoothedSpectrum(weight_between_spectra(settings))),
        residual_(weight_between_spectra(settings)) {
    problem.start(settings.seed, X_);
  }

  RunOutcome operator()(Method& method, const std::function<void(const StepRecord&)>& sink) {
    for (Index k = 0; k <= settings_.steps; ++k) {
      StepRecord record = evaluate(k);
      outcome_.steps = k;
      if (diverged(record)) outcome_.diverged_at = k;
      const bool ends = k == settings_.steps || outcome_.diverged_at;
      if (!ends) {
        const MethodStep now{problem_, la_, X_, G_, settings_.schedule.factor(k)};
        record.step_size = watch_.timed([&] { return method.step(now); });
      }
      remember(record);
      sink(record);
      if (ends) break;
    }
    outcome_.seconds = watch_.seconds();
    if (!outcome_.diverged_at) outcome_.metrics = problem_.metrics(la_, X_);
    return outcome_;
  }

 private:
  StepRecord evaluate(Index k) {
    StepRecord record;
    record.step = k;
    record.value = watch_.timed([&] { return problem_.evaluate(la_, X_, G_); });
    if (problem_.knows_optimum()) record.gap = problem_.gap(la_, X_, record.value);
    record.seconds = watch_.seconds();
    const double size = dot(la_, G_, G_);
    if (settings_.spectrum_every == 0 || k % settings_.spectrum_every != 0 || !std::isfinite(size)) return record;
    for (std::size_t i = 0; i < X_.size(); ++i) record.gradients.push_back(gradients_[i](spectrum_of(exact_, G_[i])));
    if (!problem_.residual().empty()) record.residual = residual_(spectrum_of(exact_, problem_.residual()));
    return record;
  }

  bool diverged(const StepRecord& record) {
    const double height = record.gap.value_or(record.value);
    if (record.step == 0) first_ = height;
    if (!std::isfinite(height) || !std::isfinite(dot(la_, G_, G_))) return true;
    const bool measures = first_ > 0 && !problem_.stochastic();  // one batch, or a height of 0, is no scale
    return measures && height > divergence_factor * first_;
  }

  void remember(const StepRecord& record) {
    const double height = record.gap.value_or(record.value);
    outcome_.value = record.value;
    outcome_.gap = record.gap;
    outcome_.best = record.step == 0 ? height : std::min(outcome_.best, height);
    last_.push_back(record.value);
    if (last_.size() > tail) last_.pop_front();
    outcome_.last_mean = std::accumulate(last_.begin(), last_.end(), 0.0) / static_cast<double>(last_.size());
  }

  Problem& problem_;
  const RunSettings& settings_;
  Host<float> la_;
  Host<double> exact_;
  OwnedPoint X_, G_;
  std::vector<SmoothedSpectrum> gradients_;
  SmoothedSpectrum residual_;
  Stopwatch watch_;
  RunOutcome outcome_;
  std::deque<double> last_;
  double first_ = 0;
};

}  // namespace

RunOutcome run_method(Problem& problem, Method& method, const RunSettings& settings,
                      const std::function<void(const StepRecord&)>& sink) {
  return Run(problem, settings)(method, sink);
}

}  // namespace steepest
