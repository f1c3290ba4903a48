"""What the pieces of asyncio cost: the same ones as in async_operations.cpp, under the same names."""

import asyncio
import gc
import time
import tracemalloc

ROUNDS = 5
TASKS = 100_000
OPERATIONS = 20_000  # a tenth of those in C++, which are too quick to measure by so few
GATHERED = 1000


async def nap():
    await asyncio.sleep(3600)


async def nothing():
    pass


async def sleeping_tasks():
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tasks = [asyncio.create_task(nap()) for _ in range(TASKS)]
    await asyncio.sleep(0.001)
    per_task = (tracemalloc.get_traced_memory()[0] - before) / TASKS
    tracemalloc.stop()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print("bytes_per_sleeping_task", per_task, flush=True)


async def spawn_and_join():
    for _ in range(OPERATIONS // 100):
        async with asyncio.TaskGroup() as group:
            for _ in range(100):
                group.create_task(nothing())


async def acquire():
    semaphore = asyncio.Semaphore(1)
    for _ in range(OPERATIONS):
        async with semaphore:
            pass


async def contend(semaphore, times):
    for _ in range(times):
        async with semaphore:
            await asyncio.sleep(0)


async def acquire_contended():
    semaphore = asyncio.Semaphore(1)
    await asyncio.gather(contend(semaphore, OPERATIONS // 2), contend(semaphore, OPERATIONS // 2))


async def put_and_get():
    queue = asyncio.Queue(100)

    async def produce():
        for i in range(OPERATIONS):
            await queue.put(i)
        await queue.put(None)

    async def consume():
        while await queue.get() is not None:
            pass

    await asyncio.gather(produce(), consume())


async def gather_many():
    for _ in range(10):
        await asyncio.gather(*(nothing() for _ in range(GATHERED)))


def best(work, count):
    """CPU nanoseconds of one of `count` operations."""
    least = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        before = time.process_time_ns()
        asyncio.run(work())
        least = min(least, time.process_time_ns() - before)
    return least / count


def main():
    asyncio.run(sleeping_tasks())
    for name, work, count in (
        ("spawn_and_join", spawn_and_join, OPERATIONS),
        ("acquire", acquire, OPERATIONS),
        ("acquire_contended", acquire_contended, OPERATIONS),
        ("put_and_get", put_and_get, OPERATIONS),
        ("gather_of_1000", gather_many, 10),
    ):
        print(name, best(work, count), flush=True)


if __name__ == "__main__":
    main()
