"""The hold model on SimPy: each of N processes waits an exponential time, again and again. Prints events a second of processor time."""
import random
import sys
import time

pending, events = int(sys.argv[1]), int(sys.argv[2])
rng = random.Random(1)
gaps = [rng.expovariate(1.0) for _ in range(65536)]
try:
    import simpy

    def wait(env, i):
        while True:
            i = (i + 1) & 65535
            yield env.timeout(gaps[i])

    env = simpy.Environment()
    for i in range(pending):
        env.process(wait(env, i))
    env.run(until=1e-9)
    start = time.process_time()
    env.run(until=events / pending)
    name = "SimPy " + simpy.__version__
except ImportError:
    from SimPy import __version__
    from SimPy.Simulation import Process, Simulation, hold

    class Wait(Process):
        def run(self, i):
            while True:
                i = (i + 1) & 65535
                yield hold, self, gaps[i]

    simulation = Simulation()
    simulation.initialize()
    for i in range(pending):
        process = Wait(sim=simulation)
        simulation.activate(process, process.run(i))
    start = time.process_time()
    simulation.simulate(until=events / pending)
    events += pending  # The processes' own beginnings.
    name = "SimPy " + __version__
print(name + "\t" + str(events / (time.process_time() - start)))
