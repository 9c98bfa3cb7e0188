/* What the pages of the API share. */
#ifndef API_DESK_H
#define API_DESK_H

#include "api/inbox.h"
#include "api/questions.h"
#include "api/server.h"
#include "model/settings.h"

/* As calls are tagged. */
enum page { PAGE_OTHER, PAGE_REPORTS, PAGE_HEALTHZ, PAGE_READYZ, PAGE_METRICS };
#define PAGES 5

struct desk {
    const struct settings *settings;
    const struct server *server; /* for its counts */
    struct inbox *inbox;
    struct questions *questions;
};

#endif
