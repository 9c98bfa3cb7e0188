#!/usr/bin/env python3
"""http2_front.py: nginx with TLS, HTTP/2 or only HTTP/1.1, before a plain HTTP receiver.

A webhook sender meets front doors like this one. In DIR, requests.log has a line per request: protocol, number of the
connection, how many requests came on it so far, status. --http1 does not offer HTTP/2 in the handshake.
"""

import argparse
import os
import signal
import subprocess
import time

import peer

CONFIGURATION = """
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 512; }}
http {{
    log_format short '$server_protocol $connection $connection_requests $status';
    access_log {dir}/requests.log short;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl{http2};
        ssl_certificate {cert};
        ssl_certificate_key {key};
        location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
    }}
}}
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="nginx")
    parser.add_argument("--dir", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--upstream", type=int, required=True)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--http1", action="store_true")
    return parser.parse_args()


def is_open(port):
    with peer.socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def main():
    args = arguments()
    args.dir = os.path.abspath(args.dir)
    os.makedirs(args.dir, exist_ok=True)
    port = args.port or peer.free_ports(1)[0]
    path = os.path.join(args.dir, "nginx.conf")
    values = {**vars(args), "port": port, "http2": "" if args.http1 else " http2"}
    with open(path, "w", encoding="ascii") as configuration:
        configuration.write(CONFIGURATION.format(**values))
    command = [args.program, "-e", os.path.join(args.dir, "error.log"), "-p", args.dir, "-c", path]
    nginx = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=peer.die_when_parent_dies)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: (nginx.kill(), os._exit(0)))
    peer.end_with_parent()
    while not is_open(port):
        if nginx.poll() is not None:
            raise SystemExit("nginx ended")
        time.sleep(0.02)
    peer.announce(port)
    nginx.wait()


if __name__ == "__main__":
    main()
