/* xorshift: the same draws in every run. */
#ifndef TEST_POLICY_DICE_H
#define TEST_POLICY_DICE_H

#include <stdint.h>

static inline uint64_t next_draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* 0..below-1 */
static inline int64_t draw_below(uint64_t *state, int64_t below)
{
    return (int64_t)(next_draw(state) % (uint64_t)below);
}

#endif
