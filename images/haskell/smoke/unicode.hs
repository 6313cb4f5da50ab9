main :: IO ()
main = do
  line <- getLine
  putStrLn ("λ → " ++ reverse line)
  putStrLn ("Länge: " ++ show (length line))
  mapM_ putStrLn (words "naïve café 日本語")
