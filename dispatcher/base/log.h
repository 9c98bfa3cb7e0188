/*
 * The log: one event, one line, `key=value`, on stderr. Levels are audiences: err = wake someone,
 * warn = look tomorrow, info = one line per event an operator acts on, debug = developers. Never an
 * address, a body or a secret above debug (and masked there).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/attributes.h"

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };
#define LOG_LEVELS (LOG_DEBUG + 1)

void log_set_level(enum log_level level);
enum log_level log_level(void);
/* "error", "warn", "info", "debug" */
const char *log_level_name(enum log_level level);
/* The process lines come from from now on, e.g. "scheduler" or "worker"; borrowed, static. After a
 * fork the child says it first of all: its pid is asked here, once. */
void log_set_process(const char *name);
/*
 * log_event(LOG_INFO, "delivery.done", "id=%s channel=%s", id, channel): time, level, process,
 * event, then the formatted text. Control characters in the text are made visible, so a value can
 * never forge a line.
 */
void log_event(enum log_level level, const char *event, const char *format, ...) PRINTF(3, 4);
/* Who hears what is logged, also what is below the level; NULL: nobody. Borrowed, static. */
struct log_listener {
    bool (*wants)(const char *event);
    void (*hear)(const char *event, const char *text);
};
void log_set_listener(const struct log_listener *listener);
/* Lines of this level written by this process so far. */
unsigned long long log_count(enum log_level level);

#endif
