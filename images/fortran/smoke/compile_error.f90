program mistaken
    implicit none
    print *, missing
end program mistaken
