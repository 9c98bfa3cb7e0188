/* Paths as they are written in a file, made usable from the working directory. */
#ifndef CONFIG_PATH_H
#define CONFIG_PATH_H

/* The directory of a file: "." if it names none. Caller frees with free(). */
char *path_directory(const char *file);
/*
 * `path` seen from `directory` (NULL: as it is). "config" and "../templates" give "templates":
 * messages stay short and a socket's name within its 107 bytes. A directory that is a link is not
 * shortened, for its parent is elsewhere. Caller frees with free().
 */
char *path_resolve(const char *directory, const char *path);

#endif
