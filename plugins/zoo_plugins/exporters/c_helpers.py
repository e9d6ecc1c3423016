"""Small functions of C that operators need, for each type of number: TYPE stands for it, _E for the ending of names."""

from __future__ import annotations

HELPERS = {
    "is_nan": """static bool is_nan_E(TYPE x)
{
    return x != x;
}""",
    "is_infinite": """static bool is_infinite_E(TYPE x)
{
    return x == INFINITY || x == -INFINITY;
}""",
    "maximum": """/* The larger one; NaN if one of both is NaN. */
static TYPE maximum_E(TYPE a, TYPE b)
{
    return a > b || a != a ? a : b;
}""",
    "minimum": """/* The smaller one; NaN if one of both is NaN. */
static TYPE minimum_E(TYPE a, TYPE b)
{
    return a < b || a != a ? a : b;
}""",
    "relu": """static TYPE relu_E(TYPE x)
{
    return x < 0 ? 0 : x;
}""",
    "sigmoid": """/* 1 / (1 + e^-x), without overflow. */
static TYPE sigmoid_E(TYPE x)
{
    return 1 / (1 + exp_E(minimum_E(-x, LIMIT)));
}""",
    "sign_of": """static TYPE sign_of_E(TYPE x)
{
    return x > 0 ? 1 : x < 0 ? -1 : x;
}""",
    "to_integer": """/* The whole number towards 0, in the range of 64 bits. */
static long long to_integer(double x)
{
    return fabs(x) < 9223372036854775808.0 ? (long long)x : -9223372036854775807LL - 1;
}""",
    "place": """/* A place in an array of n numbers: negative ones count from its end. */
static TYPE place_E(TYPE index, TYPE n)
{
    const TYPE found = index < 0 ? index + n : index;
    return found < 0 ? 0 : found < n ? found : n - 1;
}""",
    "sum": """static TYPE sum_E(const TYPE *x, int n)
{
    WIDE total = 0;
    for (int j = 0; j < n; j++) total += x[j];
    return (TYPE)total;
}""",
    "product": """static TYPE product_E(const TYPE *x, int n)
{
    TYPE total = 1;
    for (int j = 0; j < n; j++) total *= x[j];
    return total;
}""",
    "largest": """static TYPE largest_E(const TYPE *x, int n)
{
    TYPE found = x[0];
    for (int j = 1; j < n; j++) found = maximum_E(found, x[j]);
    return found;
}""",
    "smallest": """static TYPE smallest_E(const TYPE *x, int n)
{
    TYPE found = x[0];
    for (int j = 1; j < n; j++) found = minimum_E(found, x[j]);
    return found;
}""",
    "index_of_largest": """/* The place of the largest number: the first of equal ones, and the first NaN before all. */
static int index_of_largest_E(const TYPE *x, int n)
{
    int found = 0;
    for (int j = 1; j < n; j++) {
        if (x[found] == x[found] && !(x[j] <= x[found])) found = j;
    }
    return found;
}""",
    "running_sum": """static void running_sum_E(const TYPE *x, int n, TYPE *y)
{
    TYPE total = 0;
    for (int j = 0; j < n; j++) y[j] = total += x[j];
}""",
    "sort_to": """/* Whether a comes before b, the smallest first; NaN comes last. */
static int order_E(const void *a, const void *b)
{
    const TYPE x = *(const TYPE *)a, y = *(const TYPE *)b;
    return (x > y || (x != x && y == y)) - (x < y || (y != y && x == x));
}

static void sort_to_E(const TYPE *x, int n, TYPE *y)
{
    for (int j = 0; j < n; j++) y[j] = x[j];
    qsort(y, (size_t)n, sizeof *y, order_E);
}""",
    "softmax": """/* Powers of e that add up to 1. */
static void softmax_E(const TYPE *x, int n, TYPE *y)
{
    const TYPE top = largest_E(x, n);
    for (int j = 0; j < n; j++) y[j] = exp_E(x[j] - top);
    const TYPE total = sum_E(y, n);
    for (int j = 0; j < n; j++) y[j] /= total;
}""",
    "log_softmax": """/* The logarithm of softmax. */
static void log_softmax_E(const TYPE *x, int n, TYPE *y)
{
    const TYPE top = largest_E(x, n);
    for (int j = 0; j < n; j++) y[j] = exp_E(x[j] - top);
    const TYPE total = log_E(sum_E(y, n));
    for (int j = 0; j < n; j++) y[j] = x[j] - top - total;
}""",
}
NEEDS = {
    "sigmoid": ("minimum",),
    "largest": ("maximum",),
    "smallest": ("minimum",),
    "softmax": ("maximum", "largest", "sum"),
    "log_softmax": ("maximum", "largest", "sum"),
}
WIDE = {"float": "double"}  # what a sum is kept in, so that it loses no digits
NAN_TESTS = (" || a != a", "x[found] == x[found] && ", " || (x != x && y == y)", " || (y != y && x == x)")
