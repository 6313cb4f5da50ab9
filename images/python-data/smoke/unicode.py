import pandas as pd

text = input()
names = pd.Series(["Grüße", "世界", text])
print(f"{names[0]}, {names[1]}: {names.str[::-1][2]} ({names.str.len()[2]})")
