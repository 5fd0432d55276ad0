#ifndef COPENBLAS_H
#define COPENBLAS_H

// The part of OpenBLAS that the package uses, with the names and types of cblas.h and LAPACK.
//
// The library is loaded by the first call instead of at launch: relocating it and the Fortran
// runtime takes longer than many commands, and it would start a thread for each core of the host.
// A function that is missing here is added in both files.

typedef enum CBLAS_ORDER { CblasRowMajor = 101, CblasColMajor = 102 } CBLAS_ORDER;
typedef enum CBLAS_TRANSPOSE { CblasNoTrans = 111, CblasTrans = 112 } CBLAS_TRANSPOSE;
typedef enum CBLAS_UPLO { CblasUpper = 121, CblasLower = 122 } CBLAS_UPLO;
typedef int blasint;

// Whether the library can be loaded; without it every other function ends the process.
int copenblas_is_available(void);
// Why it cannot be loaded; empty if it can.
const char *copenblas_problem(void);

// Between the two, what this thread calls uses `threads` threads, and calls of others wait; elsewhere
// every call uses one. Not nested.
void copenblas_begin_alone(int threads);
void copenblas_end_alone(void);
// Between the two, nobody is alone: for other work that keeps a core busy, which would make the
// threads of a call wait for each other for milliseconds. Who begins gives way to who waits to be
// alone.
void copenblas_begin_beside(void);
void copenblas_end_beside(void);

void cblas_sgemm(
    CBLAS_ORDER order, CBLAS_TRANSPOSE a_transposed, CBLAS_TRANSPOSE b_transposed, blasint rows,
    blasint columns, blasint inner, float alpha, const float *a, blasint a_stride, const float *b,
    blasint b_stride, float beta, float *c, blasint c_stride);
void cblas_dgemm(
    CBLAS_ORDER order, CBLAS_TRANSPOSE a_transposed, CBLAS_TRANSPOSE b_transposed, blasint rows,
    blasint columns, blasint inner, double alpha, const double *a, blasint a_stride,
    const double *b, blasint b_stride, double beta, double *c, blasint c_stride);
void cblas_ssyrk(
    CBLAS_ORDER order, CBLAS_UPLO triangle, CBLAS_TRANSPOSE transposed, blasint size,
    blasint inner, float alpha, const float *a, blasint a_stride, float beta, float *c,
    blasint c_stride);
void cblas_dsyrk(
    CBLAS_ORDER order, CBLAS_UPLO triangle, CBLAS_TRANSPOSE transposed, blasint size,
    blasint inner, double alpha, const double *a, blasint a_stride, double beta, double *c,
    blasint c_stride);
void cblas_sgemv(
    CBLAS_ORDER order, CBLAS_TRANSPOSE transposed, blasint rows, blasint columns, float alpha,
    const float *a, blasint stride, const float *x, blasint x_step, float beta, float *y,
    blasint y_step);
void cblas_dgemv(
    CBLAS_ORDER order, CBLAS_TRANSPOSE transposed, blasint rows, blasint columns, double alpha,
    const double *a, blasint stride, const double *x, blasint x_step, double beta, double *y,
    blasint y_step);
void cblas_sger(
    CBLAS_ORDER order, blasint rows, blasint columns, float alpha, const float *x, blasint x_step,
    const float *y, blasint y_step, float *a, blasint stride);
void cblas_dger(
    CBLAS_ORDER order, blasint rows, blasint columns, double alpha, const double *x,
    blasint x_step, const double *y, blasint y_step, double *a, blasint stride);
void cblas_saxpy(
    blasint count, float alpha, const float *x, blasint x_step, float *y, blasint y_step);
void cblas_daxpy(
    blasint count, double alpha, const double *x, blasint x_step, double *y, blasint y_step);
float cblas_sdot(
    blasint count, const float *x, blasint x_step, const float *y, blasint y_step);
double cblas_ddot(
    blasint count, const double *x, blasint x_step, const double *y, blasint y_step);

// LAPACK's routines of the same names, column-major, without the hidden lengths of strings.
void copenblas_dsyevd(
    char job, char triangle, blasint size, double *a, blasint stride, double *values,
    double *work, blasint work_count, blasint *integers, blasint integer_count, blasint *info);
void copenblas_dsterf(
    blasint size, double *diagonal, double *off_diagonal, blasint *info);
void copenblas_dgesdd(
    char job, blasint rows, blasint columns, double *a, blasint a_stride, double *values,
    double *u, blasint u_stride, double *v, blasint v_stride, double *work, blasint work_count,
    blasint *integers, blasint *info);
void copenblas_dgeqrf(
    blasint rows, blasint columns, double *a, blasint stride, double *factors, double *work,
    blasint work_count, blasint *info);
void copenblas_dorgqr(
    blasint rows, blasint columns, blasint factor_count, double *a, blasint stride,
    const double *factors, double *work, blasint work_count, blasint *info);

#endif
