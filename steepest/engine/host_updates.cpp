// Whole updates of a weight in one pass over memory. Loops are compiled for the vectors of the machine: of the baseline's,
// square roots and divisions take longer than memory does.
#include "steepest/engine/host.hpp"
#include "steepest/engine/host_bf16_lines_inl.hpp"

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
  const auto m_kept = static_cast<T>(c.kept), m_taken = static_cast<T>(c.taken);
  const auto share = static_cast<T>(c.share), gradient = static_cast<T>(c.gradient);
  const auto kept = static_cast<T>(c.weight_kept), rate = static_cast<T>(-c.rate);
  const auto pass = [&](auto read_out, auto direction) {
    host_detail::map_lines(
        [=](T& w, T& m, T g) {
          const T old = m;
          m = m_kept * old + m_taken * g;
          w = kept * w + rate * direction(share * read_out(old, m) + gradient * g);
        },
        W, M, G);
  };
  const auto from_old = [](T old, T) { return old; };
  const auto from_new = [](T, T now) { return now; };
  const auto itself = [](T r) { return r; };
  if (c.from_old)
    c.by_sign ? pass(from_old, host_detail::sign_of<T>) : pass(from_old, itself);
  else
    c.by_sign ? pass(from_new, host_detail::sign_of<T>) : pass(from_new, itself);
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
