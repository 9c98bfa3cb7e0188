/* Values of a gateway description by hand: literals that nobody frees. */
#ifndef TEST_CHANNEL_GATEWAY_NODES_H
#define TEST_CHANNEL_GATEWAY_NODES_H

#include <stdint.h>

#include "base/attributes.h"
#include "model/gateway.h"

/* Casts away const only here. */
#define TEXT(literal) ((char *)(uintptr_t)(literal))

#define FIELD(name, template)                                                                      \
    {                                                                                              \
        .key = TEXT(name), .text = TEXT(template)                                                  \
    }
#define CHOICE(name, list)                                                                         \
    {                                                                                              \
        .kind = GATEWAY_NODE_CHOICE, .key = TEXT(name), .items = list, .count = COUNT_OF(list)     \
    }
/* One alternative of a choice. */
#define WHEN(condition, template)                                                                  \
    {                                                                                              \
        .text = TEXT(template), .conditions = condition, .condition_count = COUNT_OF(condition)    \
    }
#define FIELDS(list)                                                                               \
    {                                                                                              \
        .kind = GATEWAY_NODE_OBJECT, .items = list, .count = COUNT_OF(list)                        \
    }

#endif
