// Whole updates of a weight in one pass over memory. Loops are compiled for the vectors of the machine: of the baseline's,
// square roots and divisions take longer than memory does.
#include "steepest/engine/host.hpp"
#include "steepest/engine/host_lines_inl.hpp"

namespace steepest {

template <class T>
void Host<T>::adam_update(bool gate, const AdamUpdate<double>& c, const Matrix& W, const Matrix& M, const Matrix& V,
                          const Matrix& G) {
  if (!gate) return;
  const auto first_kept = static_cast<T>(c.first_kept), first_taken = static_cast<T>(c.first_taken);
  const auto second_kept = static_cast<T>(c.second_kept), second_taken = static_cast<T>(1 - c.second_kept);
  const auto weight = static_cast<T>(c.weight), numerator = static_cast<T>(c.numerator);
  const auto root = static_cast<T>(c.root), epsilon = static_cast<T>(c.epsilon);
  const auto kept = static_cast<T>(c.weight_kept), rate = static_cast<T>(-c.rate);
  host_detail::map_lines(
      [=](T& w, T& m, T& v, T g) {
        const T x = weight * g;
        m = first_kept * m + first_taken * g;
        v = second_kept * v + second_taken * x * x;
        w = kept * w + rate * host_detail::quotient(numerator * m, std::sqrt(root * v) + epsilon);
      },
      W, M, V, G);
}

template <class T>
void Host<T>::momentum_update(bool gate, const MomentumUpdate<double>& c, const Matrix& W, const Matrix& M,
                              const Matrix& G) {
  if (!gate) return;
  const auto kept = static_cast<T>(c.weight_kept), rate = static_cast<T>(-c.rate);
  const auto pass = [&](auto read, auto direction) {
    host_detail::map_lines([=](T& w, T& m, T g) { w = kept * w + rate * direction(read(m, g)); }, W, M, G);
  };
  const auto itself = [](T r) { return r; };
  host_detail::with_read_out<T>(
      c.read_out, [&](auto read) { c.by_sign ? pass(read, host_detail::sign_of<T>) : pass(read, itself); });
}

template void Host<double>::adam_update(bool, const AdamUpdate<double>&, const Matrix&, const Matrix&, const Matrix&,
                                        const Matrix&);
template void Host<float>::adam_update(bool, const AdamUpdate<double>&, const Matrix&, const Matrix&, const Matrix&,
                                       const Matrix&);
template void Host<double>::momentum_update(bool, const MomentumUpdate<double>&, const Matrix&, const Matrix&,
                                            const Matrix&);
template void Host<float>::momentum_update(bool, const MomentumUpdate<double>&, const Matrix&, const Matrix&,
                                           const Matrix&);

}  // namespace steepest
