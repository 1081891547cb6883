/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "goals.h"

/* Each step of a helpful lever, half as much again or two thirds, takes a fifth off the load. */
#define POWER 0.55

#define HELPS(place_) { KNOB_WEIGHT, place_, EFFECT_HELPS, .power = POWER }
#define STRONG(place_) { KNOB_WEIGHT, place_, EFFECT_HELPS, .power = 2 * POWER }
#define WEAK(place_) { KNOB_WEIGHT, place_, EFFECT_HELPS, .power = 0.07 }
#define SATURATES(place_) { KNOB_WEIGHT, place_, EFFECT_SATURATES, .power = POWER, .reach = 2.5 }
#define HARMS(place_) { KNOB_WEIGHT, place_, EFFECT_HARMS, .power = POWER }
#define NOTHING(place_) { KNOB_WEIGHT, place_, EFFECT_NONE }
#define WORKING_SET { KNOB_MEMORY, PLACE_A, EFFECT_MEMORY, .reach = WORKING_SET_BYTES }

#define OWN { { LEVER_OWN } }
#define OWN_THEN_B { { LEVER_OWN, LEVER_B } }
#define CONSTANT(level_) { LOAD_CONSTANT, .level = level_ }

/* What was missed at a load next to nothing is tried again when the longest rest is over. */
#define REST_AT_MOST_S (3600 + BACK_IN_S)

#define REACHED_IN(settles) .reached_in = settles
#define NEVER .reached_in = 0

/* By one lever, at twice the bound: four steps of four fifths. */
#define ONE_OF(effect, lag, ...)                                                                             \
        .levers = OWN, .n = 1, .plants = { { .effects = { effect }, .n_effects = 1, .lag_s = lag, __VA_ARGS__ } }
#define PLANT(...) ONE_OF(HELPS(PLACE_A), 2, __VA_ARGS__)
#define TWO(first, ...)                                                                                      \
        .levers = OWN_THEN_B, .n = 1,                                                                        \
        .plants = { { .effects = { first, HELPS(PLACE_B) }, .n_effects = 2, .lag_s = 2, __VA_ARGS__ } }
#define MEMORY(...)                                                                                          \
        .levers = { { LEVER_MEMORY } }, .n = 1,                                                              \
        .plants = { { .effects = { WORKING_SET }, .n_effects = 1, .lag_s = 2, __VA_ARGS__ } }

const struct goal_scenario goal_scenarios[] = {
        { "a lag of 2 s", PLANT(.load = CONSTANT(2), .noise = 0.05),
          REACHED_IN(4) },
        { "noise 15 %", PLANT(.load = CONSTANT(2), .noise = 0.15),
          REACHED_IN(8) },
        { "noise 30 %", PLANT(.load = CONSTANT(2), .noise = 0.3),
          REACHED_IN(170) },
        { "a dead time of half a settle", PLANT(.load = CONSTANT(2), .noise = 0.05, .dead_s = 3),
          REACHED_IN(4) },
        { "a dead time of two settles", PLANT(.load = CONSTANT(2), .noise = 0.05, .dead_s = 12),
          REACHED_IN(60), .unsettled = 14 },
        { "a lag of 20 s", ONE_OF(HELPS(PLACE_A), 20, .load = CONSTANT(2), .noise = 0.05),
          REACHED_IN(10) },
        { "a useless lever first", TWO(NOTHING(PLACE_A), .load = CONSTANT(2), .noise = 0.05),
          REACHED_IN(10) },
        { "one that harms first", TWO(HARMS(PLACE_A), .load = CONSTANT(2), .noise = 0.05),
          REACHED_IN(8) },
        { "one that saturates first", TWO(SATURATES(PLACE_A), .load = CONSTANT(3), .noise = 0.05),
          REACHED_IN(10) },
        { "a weak one first", TWO(WEAK(PLACE_A), .load = CONSTANT(2), .noise = 0.05),
          REACHED_IN(10) },
        { "all of two levers", TWO(HELPS(PLACE_A), .load = CONSTANT(8), .noise = 0.05),
          REACHED_IN(10) },
        { "a useless lever alone", ONE_OF(NOTHING(PLACE_A), 2, .load = CONSTANT(2), .noise = 0.05),
          NEVER },
        { "one that harms alone", ONE_OF(HARMS(PLACE_A), 2, .load = CONSTANT(2), .noise = 0.05),
          NEVER },
        { "out of reach", PLANT(.load = CONSTANT(20), .noise = 0.05),
          NEVER },
        { "full, and answers to nothing small", ONE_OF(STRONG(PLACE_A), 2, .load = CONSTANT(10), .full = 1.4, .noise = 0.05),
          REACHED_IN(400), .unsettled = 14 },
        { "a load that steps, 30 min on and off", PLANT(.load = { LOAD_STEP, .level = 2, .period_s = 3600 }, .noise = 0.05),
          REACHED_IN(4) },
        { "a load that ramps, in an hour", PLANT(.load = { LOAD_RAMP, .level = 3, .period_s = 3600 }, .noise = 0.05),
          REACHED_IN(4) },
        { "a load that oscillates, 2 min",
          PLANT(.load = { LOAD_OSCILLATE, .level = 2, .period_s = 120 }, .noise = 0.05),
          .back_in_s = REST_AT_MOST_S, REACHED_IN(4), .unsettled = 16 },
        { "a load that oscillates, 30 min",
          PLANT(.load = { LOAD_OSCILLATE, .level = 2, .period_s = 1800 }, .noise = 0.05),
          REACHED_IN(4) },
        { "samples go missing", PLANT(.load = CONSTANT(2), .noise = 0.05, .loses = 300),
          REACHED_IN(30) },
        { "the object goes and comes back", PLANT(.load = CONSTANT(2), .noise = 0.05),
          .misfortune = MISFORTUNE_GOES,
          REACHED_IN(4) },
        { "a lever that rounds and takes its time", PLANT(.load = CONSTANT(2), .noise = 0.05),
          .knobs = { .unit = 50, .slow_ns = 3 * SECOND },
          REACHED_IN(4) },
        { "a lever that refuses every tenth time", PLANT(.load = CONSTANT(2), .noise = 0.05), .knobs = { .refuses = 10 },
          REACHED_IN(130) },
        { "somebody else turns the lever", TWO(HELPS(PLACE_A), .load = CONSTANT(2), .noise = 0.05),
          .misfortune = MISFORTUNE_FOREIGN,
          REACHED_IN(4) },
        { "two goals on one lever", .levers = { { LEVER_C }, { LEVER_C } }, .n = 2,
          .plants = { { .effects = { HELPS(PLACE_C) }, .n_effects = 1, .lag_s = 2, .load = CONSTANT(2), .noise = 0.05 },
                      { .effects = { HELPS(PLACE_C) }, .n_effects = 1, .lag_s = 2, .load = CONSTANT(1.5), .noise = 0.05 } },
          REACHED_IN(4) },
        { "two goals that want the other's share", .levers = { { LEVER_B }, { LEVER_OWN } }, .n = 2,
          .plants = { { .effects = { HELPS(PLACE_B) }, .n_effects = 1, .lag_s = 2, .load = CONSTANT(2), .noise = 0.05 },
                      { .effects = { HELPS(PLACE_B) }, .n_effects = 1, .lag_s = 2, .load = CONSTANT(2), .noise = 0.05 } },
          NEVER },
        { "memory: a working set", MEMORY(.load = CONSTANT(0.1), .noise = 0.05),
          REACHED_IN(2) },
        { "memory: a working set, noise 30 %", MEMORY(.load = CONSTANT(0.1), .noise = 0.3),
          REACHED_IN(2) },
        { "memory: pressed by something else", MEMORY(.load = CONSTANT(2), .noise = 0.05),
          NEVER },
};
const size_t n_goal_scenarios = sizeof(goal_scenarios) / sizeof(goal_scenarios[0]);
