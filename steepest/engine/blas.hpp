#pragma once
// BLAS and LAPACK on views, for float and double: single-threaded, workspace handed in by the caller, so that a call
// allocates nothing. Views have a unit stride in one direction; LAPACK works on column-major views only.

#include <cblas.h>
#include <lapacke.h>

#include <algorithm>
#include <cassert>
#include <span>

#include "steepest/base/view.hpp"
#include "steepest/engine/threads.hpp"

namespace steepest::blas {

/// The distance between columns of a column-major view, at least what BLAS asks for.
template <class T>
int leading(const MatrixView<T>& X) {
  return static_cast<int>(std::max<Index>({1, X.rows, X.col_stride}));
}

/// A view as a routine sees it that expects column-major storage: as it is, or as the transpose of what it is.
template <class T>
struct Operand {
  const T* data;
  int leading;
  CBLAS_TRANSPOSE transposed;

  explicit Operand(const MatrixView<const T>& X)
      : data(X.data),
        leading(blas::leading(X.column_major() ? X : X.transposed())),
        transposed(X.column_major() ? CblasNoTrans : CblasTrans) {
    assert(X.row_stride == 1 || X.col_stride == 1 || X.empty());
  }
};

namespace raw {

inline void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, float alpha, const float* a, int lda,
                 const float* b, int ldb, float beta, float* c, int ldc) {
  cblas_sgemm(CblasColMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
inline void gemm(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k, double alpha, const double* a, int lda,
                 const double* b, int ldb, double beta, double* c, int ldc) {
  cblas_dgemm(CblasColMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
inline void gemv(CBLAS_TRANSPOSE t, int m, int n, float alpha, const float* a, int lda, const float* x, int dx,
                 float beta, float* y, int dy) {
  cblas_sgemv(CblasColMajor, t, m, n, alpha, a, lda, x, dx, beta, y, dy);
}
inline void gemv(CBLAS_TRANSPOSE t, int m, int n, double alpha, const double* a, int lda, const double* x, int dx,
                 double beta, double* y, int dy) {
  cblas_dgemv(CblasColMajor, t, m, n, alpha, a, lda, x, dx, beta, y, dy);
}
inline void syrk(CBLAS_TRANSPOSE t, int n, int k, float alpha, const float* a, int lda, float beta, float* c, int ldc) {
  cblas_ssyrk(CblasColMajor, CblasLower, t, n, k, alpha, a, lda, beta, c, ldc);
}
inline void syrk(CBLAS_TRANSPOSE t, int n, int k, double alpha, const double* a, int lda, double beta, double* c,
                 int ldc) {
  cblas_dsyrk(CblasColMajor, CblasLower, t, n, k, alpha, a, lda, beta, c, ldc);
}
inline int potrf(int n, float* a, int lda) { return LAPACKE_spotrf_work(LAPACK_COL_MAJOR, 'L', n, a, lda); }
inline int potrf(int n, double* a, int lda) { return LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', n, a, lda); }
inline int geqrt3(int m, int n, float* a, int lda, float* t, int ldt) {
  return LAPACKE_sgeqrt3_work(LAPACK_COL_MAJOR, m, n, a, lda, t, ldt);
}
inline int geqrt3(int m, int n, double* a, int lda, double* t, int ldt) {
  return LAPACKE_dgeqrt3_work(LAPACK_COL_MAJOR, m, n, a, lda, t, ldt);
}
inline int larft(int m, int n, const float* v, int ldv, const float* tau, float* t, int ldt) {
  return LAPACKE_slarft_work(LAPACK_COL_MAJOR, 'F', 'C', m, n, v, ldv, tau, t, ldt);
}
inline int larft(int m, int n, const double* v, int ldv, const double* tau, double* t, int ldt) {
  return LAPACKE_dlarft_work(LAPACK_COL_MAJOR, 'F', 'C', m, n, v, ldv, tau, t, ldt);
}
inline int geqp3(int m, int n, float* a, int lda, int* pivots, float* tau, float* work, int size) {
  return LAPACKE_sgeqp3_work(LAPACK_COL_MAJOR, m, n, a, lda, pivots, tau, work, size);
}
inline int geqp3(int m, int n, double* a, int lda, int* pivots, double* tau, double* work, int size) {
  return LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, m, n, a, lda, pivots, tau, work, size);
}
inline int syevd(int n, float* a, int lda, float* w, float* work, int size, int* iwork, int isize) {
  return LAPACKE_ssyevd_work(LAPACK_COL_MAJOR, 'V', 'L', n, a, lda, w, work, size, iwork, isize);
}
inline int syevd(int n, double* a, int lda, double* w, double* work, int size, int* iwork, int isize) {
  return LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', n, a, lda, w, work, size, iwork, isize);
}
inline int gesdd(int m, int n, float* a, int lda, float* s, float* u, int ldu, float* vt, int ldvt, float* work,
                 int size, int* iwork) {
  return LAPACKE_sgesdd_work(LAPACK_COL_MAJOR, 'S', m, n, a, lda, s, u, ldu, vt, ldvt, work, size, iwork);
}
inline int gesdd(int m, int n, double* a, int lda, double* s, double* u, int ldu, double* vt, int ldvt, double* work,
                 int size, int* iwork) {
  return LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'S', m, n, a, lda, s, u, ldu, vt, ldvt, work, size, iwork);
}
inline int gesvd(int m, int n, float* a, int lda, float* s, float* u, int ldu, float* vt, int ldvt, float* work,
                 int size) {
  return LAPACKE_sgesvd_work(LAPACK_COL_MAJOR, 'S', 'S', m, n, a, lda, s, u, ldu, vt, ldvt, work, size);
}
inline int gesvd(int m, int n, double* a, int lda, double* s, double* u, int ldu, double* vt, int ldvt, double* work,
                 int size) {
  return LAPACKE_dgesvd_work(LAPACK_COL_MAJOR, 'S', 'S', m, n, a, lda, s, u, ldu, vt, ldvt, work, size);
}

}  // namespace raw

/// C = alpha A B + beta C.
template <class T>
void gemm(T alpha, MatrixView<const T> A, MatrixView<const T> B, T beta, MatrixView<T> C) {
  if (C.empty()) return;
  if (!C.column_major()) return gemm(alpha, B.transposed(), A.transposed(), beta, C.transposed());
  const SingleThreadedBlas here;
  const Operand<T> a(A);
  const Operand<T> b(B);
  raw::gemm(a.transposed, b.transposed, static_cast<int>(C.rows), static_cast<int>(C.cols), static_cast<int>(A.cols),
            alpha, a.data, a.leading, b.data, b.leading, beta, C.data, leading(C));
}

/// y = alpha A x + beta y for columns x and y of any stride.
template <class T>
void gemv(T alpha, MatrixView<const T> A, MatrixView<const T> x, T beta, MatrixView<T> y) {
  if (A.empty()) return;
  const SingleThreadedBlas here;
  const Operand<T> a(A);
  const bool upright = a.transposed == CblasNoTrans;
  raw::gemv(a.transposed, static_cast<int>(upright ? A.rows : A.cols), static_cast<int>(upright ? A.cols : A.rows),
            alpha, a.data, a.leading, x.data, static_cast<int>(x.row_stride), beta, y.data,
            static_cast<int>(y.row_stride));
}

/// The lower triangle of C = alpha X X' + beta C; C is column-major.
template <class T>
void syrk(T alpha, MatrixView<const T> X, T beta, MatrixView<T> C) {
  if (C.empty()) return;
  const SingleThreadedBlas here;
  const Operand<T> x(X);
  raw::syrk(x.transposed, static_cast<int>(C.rows), static_cast<int>(X.cols), alpha, x.data, x.leading, beta, C.data,
            leading(C));
}

/// The lower triangle of A <- its Cholesky factor; A is column-major. False where A is not positive definite.
template <class T>
bool cholesky(MatrixView<T> A) {
  const SingleThreadedBlas here;
  return raw::potrf(static_cast<int>(A.rows), A.data, leading(A)) == 0;
}

/// A = Q R, tall and column-major: R on and above the diagonal of A, the reflectors' vectors below it, and T, whose
/// upper triangle is written, with Q = I - V T V' (Schreiber and Van Loan 1989).
template <class T>
void qr(MatrixView<T> A, MatrixView<T> block) {
  const SingleThreadedBlas here;
  raw::geqrt3(static_cast<int>(A.rows), static_cast<int>(A.cols), A.data, leading(A), block.data, leading(block));
}

/// The upper triangle of T, of as many rows as V has columns, with H_1 H_2 ... = I - V T V' and H_i = I - tau_i v_i v_i'.
template <class T>
void block_reflector(MatrixView<const T> V, const T* tau, MatrixView<T> block) {
  const SingleThreadedBlas here;
  raw::larft(static_cast<int>(V.rows), static_cast<int>(V.cols), V.data, leading(V), tau, block.data, leading(block));
}

/// A P = Q R as qr with the larger columns first; column j of A P was column pivots[j] of A.
template <class T>
void pivoted_qr(MatrixView<T> A, int* pivots, T* tau, std::span<T> work) {
  const SingleThreadedBlas here;
  std::fill_n(pivots, A.cols, 0);  // 0: free to move
  raw::geqp3(static_cast<int>(A.rows), static_cast<int>(A.cols), A.data, leading(A), pivots, tau, work.data(),
             static_cast<int>(work.size()));
  for (Index j = 0; j < A.cols; ++j) --pivots[j];
}

}  // namespace steepest::blas
