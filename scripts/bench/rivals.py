"""Times Python's clients on the server that the others use, in turns: microseconds a call, wall
time and CPU time."""

import json
import sys
import time


def turn(call, seconds):
    cpu = time.process_time()
    start = time.perf_counter()
    end = start + seconds
    calls = 0
    while True:
        call()
        calls += 1
        now = time.perf_counter()
        if now >= end:
            return (now - start) * 1e6 / calls, (time.process_time() - cpu) * 1e6 / calls


def contenders(url):
    try:
        import requests

        session = requests.Session()
        yield "Python requests", lambda: session.get(url).json()
    except ImportError:
        pass
    try:
        import httpx

        client = httpx.Client()
        yield "Python httpx", lambda: client.get(url).json()
    except ImportError:
        pass


def main():
    task = json.loads(sys.argv[1])
    calls = list(contenders(task["url"]))
    times = {name: [] for name, _ in calls}
    for count in range(task["rounds"] + 20):
        for name, call in calls:
            spent = turn(call, task["turnMs"] / 1000)
            if count >= 20:
                times[name].append(spent)
    print("RESULT " + json.dumps(times))


main()
