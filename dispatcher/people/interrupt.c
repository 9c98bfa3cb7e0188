#include "people/interrupt.h"

#include <stddef.h>

#include "base/attributes.h"

static const int wanted[] = {SIGINT, SIGTERM, SIGHUP};

void interrupt_hold(struct interrupt *i)
{
    struct sigaction now;
    sigemptyset(&i->held);
    for (size_t n = 0; n < COUNT_OF(wanted); n++) {
        if (sigaction(wanted[n], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(&i->held, wanted[n]);
    }
    sigprocmask(SIG_BLOCK, &i->held, &i->before);
}

bool interrupt_asked(const struct interrupt *i)
{
    sigset_t pending;
    if (sigpending(&pending) != 0)
        return false;
    for (size_t n = 0; n < COUNT_OF(wanted); n++) {
        if (sigismember(&i->held, wanted[n]) == 1 && sigismember(&pending, wanted[n]) == 1)
            return true;
    }
    return false;
}

void interrupt_release(const struct interrupt *i)
{
    sigprocmask(SIG_SETMASK, &i->before, NULL);
}
