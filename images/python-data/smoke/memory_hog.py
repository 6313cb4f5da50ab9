import numpy as np

kept = []
while True:
    kept.append(np.ones(1_000_000))
