text = input()
print(f"Grüße, 世界: {text[::-1]} ({len(text)})")
