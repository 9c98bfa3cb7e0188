#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

static enum log_level log_level_now = LOG_INFO;
static const char *log_process = "dispatcher";
static unsigned long long log_counts[LOG_DEBUG + 1];
static const struct log_listener *log_listener;
static int log_pid; /* 0: not asked yet */

void log_set_level(enum log_level level)
{
    log_level_now = level;
}

enum log_level log_level(void)
{
    return log_level_now;
}

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    return names[level];
}

void log_set_process(const char *name)
{
    log_process = name;
    log_pid = (int)getpid();
}

unsigned long long log_count(enum log_level level)
{
    return log_counts[level];
}

void log_set_listener(const struct log_listener *listener)
{
    log_listener = listener;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    bool heard = log_listener != NULL && log_listener->wants(event);
    if (level > log_level_now && !heard)
        return;
    char when[CLOCK_TEXT_SIZE], text[4000];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (length < 0)
        return;
    if ((size_t)length >= sizeof(text))
        length = sizeof(text) - 1;
    if (heard)
        log_listener->hear(event, text);
    if (level > log_level_now)
        return;
    log_counts[level]++;
    if (log_pid == 0)
        log_pid = (int)getpid();
    struct buf line = {0};
    buf_printf(&line, "%s %s %s[%d] event=%s ", clock_format_rfc3339(clock_wall_ms(), when),
               log_level_name(level), log_process, log_pid, event);
    text_put_visible(&line, text, (size_t)length);
    buf_putc(&line, '\n');
    /* One write per line, so that lines of many processes never mix. A lost log line stops nothing.
     */
    ssize_t written UNUSED = write(STDERR_FILENO, line.data, line.len);
    buf_free(&line);
}
