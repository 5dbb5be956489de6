// Two routines of a BLAS that multiplies nothing: a foreign library among those of the process.
extern "C" {
void dgemm_() {}
void dpotrf_() {}
}
