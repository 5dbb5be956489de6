#pragma once
// Loops compiled for several kinds of vectors, of which the machine they run on chooses.

namespace steepest::host_detail {

#if defined(__x86_64__)
// `flatten` takes the body of f into the function, where the vectors are wide.
template <class F, class... Argument>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl"), gnu::flatten]] void with_avx512(F f, Argument... arguments) {
  f(arguments...);
}
template <class F, class... Argument>
[[gnu::target("avx2"), gnu::flatten]] void with_avx2(F f, Argument... arguments) {
  f(arguments...);
}

enum class Vectors { baseline, avx2, avx512 };

inline Vectors vectors_here() {
  static const Vectors here = [] {
    const bool avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                        __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
    if (avx512) return Vectors::avx512;
    return __builtin_cpu_supports("avx2") != 0 ? Vectors::avx2 : Vectors::baseline;
  }();
  return here;
}

/// f(arguments...), compiled for the vectors of the machine. Arguments are passed by value.
template <class F, class... Argument>
void with_machine_vectors(F f, Argument... arguments) {
  switch (vectors_here()) {
    case Vectors::avx512:
      return with_avx512(f, arguments...);
    case Vectors::avx2:
      return with_avx2(f, arguments...);
    case Vectors::baseline:
      return f(arguments...);
  }
}
#else
template <class F, class... Argument>
void with_machine_vectors(F f, Argument... arguments) {
  f(arguments...);
}
#endif

}  // namespace steepest::host_detail
