"""All six libraries at work on small questions with known answers."""

import io
import sys

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pandas as pd
import sympy as sp
from scipy import integrate, optimize, stats

# Tables: measurements of several stations, by month.
frame = pd.read_csv(sys.stdin, parse_dates=["day"])
monthly = (
    frame.assign(month=frame["day"].dt.strftime("%Y-%m"))
    .pivot_table(index="month", columns="station", values="temperature", aggfunc="mean")
    .round(2)
)
print(monthly.to_string())
print("warmest:", frame.loc[frame["temperature"].idxmax(), "station"])
print("mean of each:", frame.groupby("station")["temperature"].mean().to_dict())

# Numbers: a line through points, eigenvalues, a system of equations.
x = np.arange(10)
slope, intercept = np.polyfit(x, 3 * x + 2, 1)
print(f"line: {slope:.3f} x + {intercept:.3f}")
matrix = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]])
print("eigenvalues:", np.linalg.eigvalsh(matrix).round(6) + 0.0)
print("solution:", np.linalg.solve(matrix, [3.0, 8.0, 7.0]).round(6))
big = np.random.default_rng(7).standard_normal((300, 300))
print("inverse is right:", np.allclose(big @ np.linalg.inv(big), np.eye(300)))

# Science: a root, an integral, a minimum, a test.
print(f"root of cos x = x: {optimize.brentq(lambda t: np.cos(t) - t, 0, 1):.9f}")
print(f"integral of the bell curve: {integrate.quad(lambda t: np.exp(-t * t), -np.inf, np.inf)[0] ** 2:.9f}")
least = optimize.minimize(lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2, [-1.2, 1], method="Nelder-Mead")
print("minimum at:", least.x.round(2))
print(f"t test: p = {stats.ttest_ind([1, 2, 3, 4, 5], [2, 3, 4, 5, 6]).pvalue:.4f}")

# Symbols.
t = sp.symbols("t")
print("derivative:", sp.diff(sp.sin(t) * sp.exp(t), t))
print("antiderivative:", sp.integrate(sp.log(t), t))
print("roots:", sp.solve(t**2 - t - 1, t))
print("factors:", sp.factor(t**4 - 1), sp.factorint(2**32 + 1))

# Graphs.
roads = nx.Graph()
roads.add_weighted_edges_from(
    [("Bern", "Thun", 31), ("Bern", "Zürich", 125), ("Thun", "Luzern", 95), ("Zürich", "Luzern", 52)]
)
print("way:", nx.shortest_path(roads, "Bern", "Luzern", weight="weight"))
print("tree:", sum(d["weight"] for _, _, d in nx.minimum_spanning_edges(roads)), "km")

# Plots: as a file in the working directory, and as text in memory.
figure, axes = plt.subplots(figsize=(4, 3))
axes.plot(x, np.sin(x), label=r"$\sin x$")
axes.set_title("Grüße")
axes.legend()
figure.savefig("plot.png")
with open("plot.png", "rb") as file:
    print("picture:", file.read(8))
print("its size:", plt.imread("plot.png").shape)
drawing = io.StringIO()
figure.savefig(drawing, format="svg")
print("drawing:", drawing.getvalue().rstrip()[-6:])
