main :: IO ()
main = do
  putStrLn (length "three")
