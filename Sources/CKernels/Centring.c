#include "Centring.h"

#include "Chosen.h"

#define KERNEL "CentringKernel.h"

#define Input float
#define Output float
#define MAGNITUDE __builtin_fabsf
#define TYPE floats
#include "EachSet.h"
#undef TYPE
#undef MAGNITUDE
#undef Output

#define Output double
#define MAGNITUDE __builtin_fabs
#define TYPE widened
#include "EachSet.h"
#undef TYPE
#undef Input

#define Input double
#define TYPE doubles
#include "EachSet.h"

void ckernels_centre_floats(
    ckernels_set set, const float *values, size_t rows, size_t stride, size_t columns,
    const float *centre, float *deviations, double *sums, float *largest) {
    CHOSEN(set, floats)(values, rows, stride, columns, centre, deviations, sums, largest);
}

void ckernels_centre_widened(
    ckernels_set set, const float *values, size_t rows, size_t stride, size_t columns,
    const double *centre, double *deviations, double *sums, double *largest) {
    CHOSEN(set, widened)(values, rows, stride, columns, centre, deviations, sums, largest);
}

void ckernels_centre_doubles(
    ckernels_set set, const double *values, size_t rows, size_t stride, size_t columns,
    const double *centre, double *deviations, double *sums, double *largest) {
    CHOSEN(set, doubles)(values, rows, stride, columns, centre, deviations, sums, largest);
}
