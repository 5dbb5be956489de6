// Updates whose first moment lies in bf16: one pass over memory, in which the moment is widened, updated, used and rounded.
#include <limits>

#include "steepest/engine/host.hpp"
#include "steepest/engine/host_lines_inl.hpp"

namespace steepest {
namespace {

using Moment = RoundedMoment<MatrixView<BFloat16>>;

/// A finite x brought within the range of bf16, so that no moment of finite gradients is infinite.
template <class T>
float within_range(T x) {
  constexpr T largest = static_cast<T>(0x1.fep127), infinity = std::numeric_limits<T>::infinity();
  const T from_above = x > largest && x < infinity ? largest : x;
  return static_cast<float>(from_above < -largest && from_above > -infinity ? -largest : from_above);
}

/// f(round, places) with round(x, place), the rounding of a moment's entry.
template <class F>
void with_rounding(const Moment& moment, F f) {
  const host_detail::Places places{moment.M.cols};
  const RandomKey key = moment.rounding.key;
  if (moment.rounding.stochastic)
    f([key](auto x, std::uint32_t place) { return rounded_at_random(within_range(x), random_bits(key, place)); },
      places);
  else
    f([](auto x, std::uint32_t) { return BFloat16(within_range(x)); }, places);
}

/// r = R for each entry, and M = M'.
template <class T, class R>
void read_out_to(const ReadOut<double>& c, const Moment& moment, const MatrixView<T>& G, const MatrixView<R>& X) {
  with_rounding(moment, [&](auto round, const host_detail::Places& places) {
    host_detail::with_read_out<T>(c, [&](auto read) {
      host_detail::map_lines(
          [=](R& x, BFloat16& m, T g, std::uint32_t place) {
            T wide = static_cast<T>(float(m));
            x = R(read(wide, g));
            m = round(wide, place);
          },
          X, moment.M, G, places);
    });
  });
}

}  // namespace

template <class T>
void Host<T>::adam_update(bool gate, const AdamUpdate<double>& c, const Matrix& W, const Moment& moment,
                          const Matrix& V, const Matrix& G) {
  if (!gate) return;
  const auto first_kept = static_cast<T>(c.first_kept), first_taken = static_cast<T>(c.first_taken);
  const auto second_kept = static_cast<T>(c.second_kept), second_taken = static_cast<T>(1 - c.second_kept);
  const auto weight = static_cast<T>(c.weight), numerator = static_cast<T>(c.numerator);
  const auto root = static_cast<T>(c.root), epsilon = static_cast<T>(c.epsilon);
  const auto kept = static_cast<T>(c.weight_kept), rate = static_cast<T>(-c.rate);
  with_rounding(moment, [&](auto round, const host_detail::Places& places) {
    host_detail::map_lines(
        [=](T& w, BFloat16& m, T& v, T g, std::uint32_t place) {
          const T x = weight * g, wide = first_kept * static_cast<T>(float(m)) + first_taken * g;
          m = round(wide, place);
          v = second_kept * v + second_taken * x * x;
          w = kept * w + rate * host_detail::quotient(numerator * wide, std::sqrt(root * v) + epsilon);
        },
        W, moment.M, V, G, places);
  });
}

template <class T>
void Host<T>::momentum_update(bool gate, const MomentumUpdate<double>& c, const Matrix& W, const Moment& moment,
                              const Matrix& G) {
  if (!gate) return;
  const auto kept = static_cast<T>(c.weight_kept), rate = static_cast<T>(-c.rate);
  const bool by_sign = c.by_sign;
  with_rounding(moment, [&](auto round, const host_detail::Places& places) {
    host_detail::with_read_out<T>(c.read_out, [&](auto read) {
      const auto pass = [&](auto direction) {
        host_detail::map_lines(
            [=](T& w, BFloat16& m, T g, std::uint32_t place) {
              T wide = static_cast<T>(float(m));
              w = kept * w + rate * direction(read(wide, g));
              m = round(wide, place);
            },
            W, moment.M, G, places);
      };
      by_sign ? pass(host_detail::sign_of<T>) : pass([](T r) { return r; });
    });
  });
}

template <class T>
void Host<T>::read_out(bool gate, const ReadOut<double>& c, const Moment& moment, const Matrix& G, const Matrix& R) {
  if (gate) read_out_to(c, moment, G, R);
}

template <class T>
void Host<T>::read_out(bool gate, const ReadOut<double>& c, const Moment& moment, const Matrix& G,
                       const MatrixView<BFloat16>& R) {
  if (gate) read_out_to(c, moment, G, R);
}

#define STEEPEST_INSTANTIATE(T)                                                                                    \
  template void Host<T>::adam_update(bool, const AdamUpdate<double>&, const Matrix&, const Moment&, const Matrix&, \
                                     const Matrix&);                                                               \
  template void Host<T>::momentum_update(bool, const MomentumUpdate<double>&, const Matrix&, const Moment&,        \
                                         const Matrix&);                                                           \
  template void Host<T>::read_out(bool, const ReadOut<double>&, const Moment&, const Matrix&, const Matrix&);      \
  template void Host<T>::read_out(bool, const ReadOut<double>&, const Moment&, const Matrix&,                      \
                                  const MatrixView<BFloat16>&);
STEEPEST_INSTANTIATE(double)
STEEPEST_INSTANTIATE(float)
#undef STEEPEST_INSTANTIATE

}  // namespace steepest
